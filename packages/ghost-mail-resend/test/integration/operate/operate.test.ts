import { systemClock } from '@prosora/durable';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toCsvLine } from '../../../src/operate/csv-line.ts';
import { endDeadChunks, replayJobs } from '../../../src/operate/dead-chunks.ts';
import { listRecipients } from '../../../src/operate/lists/recipients.ts';
import {
  cancelNewsletter,
  pauseNewsletter,
  resumeNewsletter,
} from '../../../src/operate/newsletter.ts';
import { forgetOld } from '../../../src/operate/retention.ts';
import { createSharedPace, describePace } from '../../../src/send/shared-pace.ts';
import { readProgress } from '../../../src/send/status.ts';
import type { MailTx } from '../../../src/store/schema.ts';
import { cancelChunk } from '../../../src/store/states.ts';
import type { OpenedMailStore } from '../../../src/store/store.ts';
import {
  acceptForm,
  eachPlace,
  getEvents,
  type MailLab,
  mailsByAddress,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

const EMAIL_ID = '6b04ac398120085ae4c38cc2';
eachPlace((nextPlace) => {
  let lab: MailLab;
  let opened: OpenedMailStore;

  beforeEach(async () => {
    lab = await startMailLab({
      place: await nextPlace(),
      settings: { requestsPerSecond: 2 },
      bridge: { choresEveryMs: 100 },
    });
    opened = await lab.look();
  });
  afterEach(() => lab[Symbol.asyncDispose]());

  const recipients = async (event?: string) =>
    (await listRecipients(opened.store, { emailId: EMAIL_ID, event, limit: 1_000 })).items;

  const sent = () => lab.resend.inbox.list().length;

  describe('a newsletter that is being sent', () => {
    test('is paused, says so, and goes on where it was; each member gets one mail', async () => {
      const members = membersOf(700);
      await post(lab, newsletterForm(members));
      await until(() => sent() >= 100);
      expect(await pauseNewsletter(opened, EMAIL_ID)).toBeGreaterThan(0);
      await until(async () => (await opened.queues.chunks.counts()).ready === undefined);
      const before = sent();
      // What Ghost posts meanwhile waits too.
      await post(lab, newsletterForm(['late@example.org']));
      const progress = await readProgress(opened.store, EMAIL_ID);
      expect(progress).toMatchObject({ decision: 'paused', accepted: 701, doneAt: null });
      expect(sent()).toBe(before);
      await resumeNewsletter(opened, EMAIL_ID);
      await until(() => sent() === 701);
      expect(mailsByAddress(lab.resend)).toEqual(
        new Map([...members, 'late@example.org'].map((member) => [member, 1])),
      );
    });

    test('is canceled: who was not sent it gets nothing, and Ghost is told so', async () => {
      await post(lab, newsletterForm(membersOf(700)));
      await until(() => sent() >= 100);
      const canceled = await cancelNewsletter(opened, EMAIL_ID);
      expect(canceled).toBeGreaterThan(0);
      await until(async () => (await readProgress(opened.store, EMAIL_ID))?.queued === 0);
      const progress = await readProgress(opened.store, EMAIL_ID);
      expect(progress).toMatchObject({ decision: 'canceled', accepted: 700, sent: sent() });
      expect(sent() + (progress?.canceled ?? 0)).toBe(700);
      const { items } = await getEvents(lab, { event: 'failed' });
      expect(items[0]?.['delivery-status']).toMatchObject({
        code: 550,
        message: 'The newsletter was canceled before this mail was sent.',
      });
      await expect(resumeNewsletter(opened, EMAIL_ID)).rejects.toMatchObject({ code: 'REFUSED' });
      await post(lab, newsletterForm(['late@example.org']));
      await until(async () => (await readProgress(opened.store, EMAIL_ID))?.queued === 0);
      expect(lab.resend.inbox.list('late@example.org')).toEqual([]);
    });

    test('is shown with its rate and when it will be done, and exported with what became of it', async () => {
      await post(lab, newsletterForm([...membersOf(400), 'no-dot@localhost']));
      await until(() => sent() >= 100);
      await until(async () => Number((await readProgress(opened.store, EMAIL_ID))?.rate) > 0);
      const progress = await readProgress(opened.store, EMAIL_ID);
      expect(progress?.doneAt?.getTime()).toBeGreaterThan(Date.now());
      await until(async () => (await readProgress(opened.store, EMAIL_ID))?.delivered === 400);
      const all = await recipients();
      expect(all).toHaveLength(401);
      const [mail] = lab.resend.inbox.list('member0@example.org');
      lab.resend.inbox.bounce(mail?.id ?? '');
      await until(() => lab.resend.pendingWebhooks() === 0);
      // A bounce is a failure and a suppression, of one mail.
      expect(await readProgress(opened.store, EMAIL_ID)).toMatchObject({
        failed: 2,
        accepted: 401,
      });
      expect(await recipients('failed')).toMatchObject([
        { address: 'member0@example.org', state: 'sent', code: 550 },
        { address: 'no-dot@localhost', state: 'failed', code: 550 },
      ]);
    });

    test('of which the bridge holds nothing is named', async () => {
      await expect(pauseNewsletter(opened, 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  /** Takes a newsletter over with nobody there to send it. */
  async function takeOver(count: number, changes: Record<string, string> = {}) {
    await lab.bridge.stop();
    await acceptForm(opened, newsletterForm(membersOf(count), changes));
  }

  const statesOf = async (table: 'chunk' | 'recipient') => {
    const rows = await opened.store.db.selectFrom(table).select('state').execute();
    return rows.map(({ state }) => state).toSorted();
  };

  describe('canceling', () => {
    test('touches no chunk whose call has begun, and no recipient that was sent its mail', async () => {
      await takeOver(300);
      const { store, queues } = opened;
      const [begun, sent] = await queues.chunks.list();
      await store.transaction(async (tx) => {
        const byId = (id = '') => ({
          chunk: tx.updateTable('chunk').where('id', '=', id),
          recipients: tx.updateTable('recipient').where('chunk_id', '=', id),
        });
        await byId(begun?.id)
          .chunk.set({ idempotency_key: 'begun', keyed_at: Date.now() })
          .execute();
        await byId(sent?.id).chunk.set({ state: 'sent' }).execute();
        await byId(sent?.id).recipients.set({ state: 'sent' }).execute();
      });
      expect(await cancelNewsletter(opened, EMAIL_ID)).toBe(100);
      // Nor one whose call begins while others are being canceled.
      const late = (tx: MailTx) => cancelChunk(tx, begun?.id ?? '', Date.now());
      expect(await store.transaction(late)).toBe(0);
      expect(await statesOf('chunk')).toEqual(['canceled', 'queued', 'sent']);
      expect(new Set(await statesOf('recipient'))).toEqual(new Set(['canceled', 'queued', 'sent']));
      // The call in doubt is still to be repeated.
      expect((await queues.chunks.get(begun?.id ?? ''))?.state).toBe('ready');
    });
  });

  describe('resuming', () => {
    test('does not send before the delivery time', async () => {
      const at = new Date(Date.now() + 3_600_000).toUTCString();
      await takeOver(1, { 'o:deliverytime': at });
      await pauseNewsletter(opened, EMAIL_ID);
      await resumeNewsletter(opened, EMAIL_ID);
      const [job] = await opened.queues.chunks.list();
      expect(job?.dueAt).toEqual(new Date(at));
    });

    test('ends the wait that a used-up quota began', async () => {
      await post(lab, newsletterForm(membersOf(1)));
      await until(() => sent() === 1);
      const { store } = opened;
      const pace = createSharedPace(store, systemClock);
      await store.transaction((tx) => pace.holdUntil(tx, Date.now() + 86_400_000));
      await post(lab, newsletterForm(['late@example.org']));
      await pauseNewsletter(opened, EMAIL_ID);
      await resumeNewsletter(opened, EMAIL_ID);
      expect((await describePace(store)).heldUntil.getTime()).toBeLessThanOrEqual(Date.now());
      await until(() => lab.resend.inbox.list('late@example.org').length === 1);
    });
  });

  describe('a chunk that was given up', () => {
    const giveUp = async (change: object = { state: 'queued' }) => {
      await takeOver(2);
      const { store, queues } = opened;
      const [job] = await queues.chunks.claim(1, 60_000);
      if (job === undefined) throw new Error('nothing to send');
      await store.transaction((tx) => tx.updateTable('chunk').set(change).execute());
      await queues.chunks.settle(job, { kind: 'dead', reason: 'Not verified.' });
      return job.id;
    };

    test('is said in log, metric and Ghost, and can be tried again', async () => {
      const id = await giveUp();
      await lab.restart();
      await until(() => lab.log.some((line) => line.includes('"event":"chunk.dead"')));
      const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
      expect(metrics).toMatch(/jobs_given_up\{state="dead",service="mail"\} 1/);
      const { items } = await getEvents(lab, { event: 'failed' });
      expect(items.map((event) => event['delivery-status']?.message)).toEqual([
        'The bridge gave up: Not verified.',
        'The bridge gave up: Not verified.',
      ]);
      expect(await statesOf('recipient')).toEqual(['failed', 'failed']);
      expect(await replayJobs(opened, [id, 'nothing'])).toEqual({
        again: [id],
        asked: [],
        missing: ['nothing'],
      });
      await until(() => sent() === 2);
      await until(async () => (await statesOf('recipient')).join() === 'sent,sent');
    });

    test('with a call in doubt is not failed, and trying it again asks Resend and sends nothing', async () => {
      const id = await giveUp({ idempotency_key: 'begun', keyed_at: Date.now() });
      expect(await endDeadChunks(opened, Date.now())).toEqual([
        { id, reason: 'Not verified.', failed: 0 },
      ]);
      expect(await statesOf('recipient')).toEqual(['unknown', 'unknown']);
      // As after Resend was asked in vain.
      await opened.store.transaction((tx) =>
        tx.updateTable('recipient').set({ settled_at: Date.now() }).execute(),
      );
      expect(await replayJobs(opened, [id])).toEqual({ again: [], asked: [id], missing: [] });
      const rows = await opened.store.db.selectFrom('recipient').select('settled_at').execute();
      expect(rows).toEqual([{ settled_at: null }, { settled_at: null }]);
      expect((await opened.queues.chunks.get(id))?.state).toBe('dead');
    });

    test('is forgotten with its newsletter', async () => {
      await giveUp();
      await endDeadChunks(opened, Date.now());
      const day = 86_400_000;
      expect(await forgetOld(opened, 90 * day, Date.now() + 91 * day)).toBe(1);
      expect(await opened.queues.chunks.counts()).toEqual({});
    });
  });
});

test('text that a spreadsheet would run is led by an apostrophe', () => {
  expect(toCsvLine(['=1+1', 'a,"b"', null, -5])).toBe('\'=1+1,"a,""b""",,-5');
});
