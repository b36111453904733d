import { createHash } from 'node:crypto';
import { systemClock } from '@prosora/durable';
import { describe, expect, test } from 'vitest';
import {
  cancelNewsletter,
  pauseNewsletter,
  resumeNewsletter,
} from '../../../src/operate/newsletter.ts';
import { RENDERER } from '../../../src/send/render.ts';
import { createResendClient } from '../../../src/send/resend.ts';
import { sendChunk } from '../../../src/send/send.ts';
import { createSharedPace, type SharedPace } from '../../../src/send/shared-pace.ts';
import { freezeBody, keepBody, sha256Of } from '../../../src/store/frozen-body.ts';
import { openMailStore } from '../../../src/store/store.ts';
import {
  acceptForm,
  arrived,
  BATCH,
  type MailLab,
  mailsByAddress,
  membersOf,
  movableClock,
  newsletterForm,
  onceEach,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

describe('a call in doubt', () => {
  /** A chunk whose first call got no answer, with the bridge stopped before the second. */
  async function stopInDoubt(
    lab: MailLab,
    change: Record<string, unknown>,
    meanwhile = async () => {},
  ) {
    lab.resend.faults.set([{ match: { path: BATCH }, fault: { dropAfterAccept: true } }]);
    await post(lab, newsletterForm(membersOf(2)));
    await arrived(lab, 2);
    await meanwhile();
    await lab.bridge.stop();
    lab.resend.faults.clear();
    const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    await store.transaction(async (tx) => {
      await tx.updateTable('chunk').set(change).execute();
      // As a version left it that kept no bytes.
      await tx.deleteFrom('chunk_body').execute();
    });
    await store.close();
    await lab.restart();
  }

  test.each([
    ['rendered by another version', { renderer: RENDERER + 1 }],
    ['of other bytes', { sha256: createHash('sha256').update('other').digest('hex') }],
    ['older than Resend keeps its key', { keyed_at: Date.now() - 24 * 60 * 60 * 1000 }],
  ])('%s is never sent again, and says so', async (_what, change) => {
    // No webhook ends the doubt before the restart does.
    await using lab = await startMailLab({ settings: { autoDeliver: false } });
    await stopInDoubt(lab, change);
    await until(() => lab.log.some((line) => line.includes('"outcome":"ambiguous"')));
    expect(lab.resend.inbox.list()).toHaveLength(2);
    const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    const states = await store.db.selectFrom('recipient').select('state').execute();
    expect(states).toEqual([{ state: 'unknown' }, { state: 'unknown' }]);
    await store.close();
  });

  test('that is refused when repeated is not sent under other keys', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([
      { match: { path: BATCH, times: 1 }, fault: { dropAfterAccept: true } },
      {
        match: { path: BATCH, times: 1 },
        fault: { status: 422, body: { name: 'x', message: 'y' } },
      },
    ]);
    await post(lab, newsletterForm(membersOf(4)));
    await until(() => lab.log.some((line) => line.includes('"outcome":"ambiguous"')));
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(membersOf(4)));
    expect(lab.resend.requests.list(BATCH)).toHaveLength(2);
  });

  test('is not begun by a worker that slept while another did the work', async () => {
    await using lab = await startMailLab();
    await lab.bridge.stop();
    const opened = await openMailStore({ dataDir: `${lab.dir}/mail` });
    const { store, queues } = opened;
    await acceptForm(opened, newsletterForm(membersOf(1)));
    const [job] = await queues.chunks.claim(1, 1_000);
    if (job === undefined) throw new Error('nothing to send');
    const resend = createResendClient({ apiKey: lab.resend.apiKey, baseUrl: lab.resend.url });
    const pace = createSharedPace(store, systemClock);
    const awake = { store, queues, resend, clock: systemClock, pace };
    const send = (turns: SharedPace) =>
      sendChunk({ ...awake, pace: turns }, job, new AbortController().signal);
    // The sleeper has read the chunk when the other begins, and wakes when it is done.
    const slept = Promise.withResolvers<void>();
    const sleeper = send({
      ...pace,
      take: async (...turn) => {
        await slept.promise;
        return pace.take(...turn);
      },
    });
    const result = await send(pace);
    await store.transaction(async (tx) => result.also?.(tx));
    slept.resolve();
    expect(await sleeper).toMatchObject({ kind: 'park' });
    expect(lab.resend.requests.list(BATCH)).toHaveLength(1);
    await store.close();
  });

  test('is not begun when a person decides while it waits for its turn', async () => {
    await using lab = await startMailLab();
    await lab.bridge.stop();
    const opened = await lab.look();
    const { store, queues } = opened;
    const form = newsletterForm(membersOf(1));
    await acceptForm(opened, form);
    const [job] = await queues.chunks.claim(1, 60_000);
    if (job === undefined) throw new Error('nothing to send');
    const resend = createResendClient({ apiKey: lab.resend.apiKey, baseUrl: lab.resend.url });
    const pace = createSharedPace(store, systemClock);
    const sendAfter = (decide: () => Promise<unknown>) => {
      const take: SharedPace['take'] = async (...turn) => {
        await decide();
        return await pace.take(...turn);
      };
      const context = { store, queues, resend, clock: systemClock, pace: { ...pace, take } };
      return sendChunk(context, job, new AbortController().signal);
    };
    const emailId = String(form.get('v:email-id'));
    expect(await sendAfter(() => pauseNewsletter(opened, emailId))).toMatchObject({ kind: 'park' });
    // One that waits for the end of a pause does not go on doing so when that is there before it is settled.
    const paused = await sendAfter(async () => {});
    expect(paused).toMatchObject({ kind: 'park', reason: 'The newsletter is paused.' });
    await resumeNewsletter(opened, emailId);
    const settling = store.transaction(async (tx) => paused.also?.(tx));
    await expect(settling).rejects.toThrow('The newsletter goes on.');
    expect(await sendAfter(() => cancelNewsletter(opened, emailId))).toMatchObject({
      kind: 'park',
    });
    expect(lab.resend.requests.list(BATCH)).toEqual([]);
  });

  test('is not repeated when its key ran out while it waited for its turn', async () => {
    const clock = movableClock();
    await using lab = await startMailLab({ clock });
    await lab.bridge.stop();
    const { store, queues, ...rest } = await lab.look();
    await acceptForm({ store, queues, ...rest }, newsletterForm(membersOf(1)));
    const [job] = await queues.chunks.claim(1, 60_000);
    if (job === undefined) throw new Error('nothing to send');
    const bytes = Buffer.from('[{}]');
    const keyed_at = clock.now() - 22 * 60 * 60 * 1000;
    await store.transaction(async (tx) => {
      const key = { idempotency_key: 'begun', sha256: sha256Of(bytes), keyed_at };
      await tx.updateTable('chunk').set(key).execute();
      await keepBody(tx, job.id, freezeBody(bytes));
    });
    const resend = createResendClient({ apiKey: lab.resend.apiKey, baseUrl: lab.resend.url });
    const pace = createSharedPace(store, clock);
    const take: SharedPace['take'] = async (...turn) => {
      clock.forward(2 * 60 * 60 * 1000);
      return await pace.take(...turn);
    };
    const context = { store, queues, resend, clock, pace: { ...pace, take } };
    const send = () => sendChunk(context, job, new AbortController().signal);
    expect(await send()).toMatchObject({ kind: 'park' });
    expect(await send()).toMatchObject({ kind: 'ambiguous' });
    expect(lab.resend.requests.list(BATCH)).toEqual([]);
  });

  test('leaves those sent of whom a webhook came', async () => {
    await using lab = await startMailLab({ settings: { autoDeliver: false } });
    await stopInDoubt(lab, { renderer: RENDERER + 1 }, async () => {
      const [mail] = lab.resend.inbox.list('member0@example.org');
      lab.resend.inbox.deliver(mail?.id ?? '');
      await until(() => lab.resend.pendingWebhooks() === 0);
    });
    await until(() => lab.log.some((line) => line.includes('chunk.ambiguous')));
    const { store } = await lab.look();
    const rows = store.db.selectFrom('recipient').select(['state', 'sent_at']).orderBy('position');
    expect(await rows.execute()).toEqual([
      { state: 'sent', sent_at: expect.any(Number) },
      { state: 'unknown', sent_at: null },
    ]);
    const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
    expect(metrics).toMatch(/prosora_mail_unknown_recipients\{service="mail"\} 1/);
    expect(metrics).toMatch(/jobs_given_up\{state="ambiguous",service="mail"\} 1/);
  });

  test('goes out as it was after an update that renders otherwise, since its bytes are kept', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([{ match: { path: BATCH }, fault: { dropAfterAccept: true } }]);
    await post(lab, newsletterForm(membersOf(2)));
    await arrived(lab, 2);
    await lab.bridge.stop();
    lab.resend.faults.clear();
    const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    await store.transaction(async (tx) => {
      // What another version would make of these rows is not what was sent.
      await tx
        .updateTable('chunk')
        .set({ renderer: RENDERER - 1 })
        .execute();
      await tx.updateTable('recipient').set({ variables: '{"name":"changed"}' }).execute();
    });
    await store.close();
    await lab.restart();
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(membersOf(2)));
    const { store: after } = await lab.look();
    expect(await after.db.selectFrom('chunk_body').selectAll().execute()).toEqual([]);
  });

  test('is answered by Resend with the first answer after a restart', async () => {
    await using lab = await startMailLab();
    await stopInDoubt(lab, { renderer: RENDERER });
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(membersOf(2)));
  });
});
