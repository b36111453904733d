import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { eraseReader } from '../../../src/operate/erase.ts';
import { createResendClient } from '../../../src/send/resend.ts';
import { sendChunk } from '../../../src/send/send.ts';
import { createSharedPace, type SharedPace } from '../../../src/send/shared-pace.ts';
import { FORGOTTEN_TEMPLATE } from '../../../src/store/forget-text.ts';
import {
  acceptForm,
  eachPlace,
  getEvents,
  mailsByAddress,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

const SIGN_IN = {
  'v:email-id': null,
  'recipient-variables': null,
  'o:tag': ['ghost-email', 'transactional-email'],
};
const signInForm = (to: string, html: string) => newsletterForm([to], { ...SIGN_IN, html });

test('of a sign-in mail that Resend has taken no byte of its link is left on disk', async () => {
  await using lab = await startMailLab();
  const token = 'token-of-somebody-who-signs-in';
  const html = `<a href="https://lab.example.com/?token=${token}">${'x'.repeat(20_000)}</a>`;
  expect((await post(lab, signInForm('visitor@example.org', html))).status).toBe(200);
  expect(lab.resend.inbox.list('visitor@example.org')).toHaveLength(1);
  await until(() => lab.resend.pendingWebhooks() === 0);
  // Ghost is still told what became of it.
  await until(async () => (await getEvents(lab)).items.length === 1);
  await lab.bridge.stop();
  const folder = join(lab.dir, 'mail');
  for (const name of readdirSync(folder)) {
    expect(readFileSync(join(folder, name)).includes(token), name).toBe(false);
  }
});

eachPlace((nextPlace) => {
  let lab: Awaited<ReturnType<typeof startMailLab>>;
  beforeEach(async () => {
    lab = await startMailLab({ place: await nextPlace(), settings: { autoDeliver: false } });
    return () => lab[Symbol.asyncDispose]();
  });

  test('the text of a sign-in mail goes once Resend has refused it, and stays while it waits', async () => {
    const opened = await lab.look();
    const templates = async () =>
      (await opened.store.db.selectFrom('message').select('template').execute()).map(
        ({ template }) => template,
      );
    lab.resend.faults.set([{ match: { times: 1 }, fault: { status: 500 } }]);
    await post(lab, signInForm('late@example.org', 'a link'));
    await until(async () => (await templates())[0] === FORGOTTEN_TEMPLATE);
    expect(lab.resend.inbox.list('late@example.org')).toHaveLength(1);
    await lab.bridge.stop();
    await acceptForm(opened, signInForm('waiting@example.org', 'a link'));
    expect((await templates()).filter((template) => template.includes('a link'))).toHaveLength(1);
  });

  test('a sign-in mail that Resend had no quota for in the end is told as failed, not kept for later', async () => {
    await post(lab, signInForm('quota@example.org', 'a link'));
    const [mail] = lab.resend.inbox.list('quota@example.org');
    lab.resend.inbox.fail(mail?.id ?? '', 'reached_daily_quota');
    await until(async () => (await getEvents(lab)).items.length === 1);
    expect((await getEvents(lab)).items).toMatchObject([
      { event: 'failed', 'delivery-status': { message: expect.stringContaining('quota') } },
    ]);
    const { queues } = await lab.look();
    expect(await queues.urgent.counts()).toEqual({ done: 1 });
  });

  describe('a reader who wants to be forgotten', () => {
    const READER = 'Reader@Example.org';
    /** One newsletter to the reader and another, a sign-in mail, a notice to staff that names the reader. */
    async function takeAll() {
      const other = 'xreader@example.org';
      await post(lab, newsletterForm([READER, other]));
      await post(lab, newsletterForm(['reader@example.org'], { 'v:email-id': 'second' }));
      await post(
        lab,
        newsletterForm(['staff@example.org'], {
          'v:email-id': null,
          html: `<p>New member: ${READER}</p>`,
        }),
      );
      await until(() => lab.resend.inbox.list().length === 4);
      for (const { id } of lab.resend.inbox.list()) lab.resend.inbox.deliver(id);
      const [mail] = lab.resend.inbox.list(READER);
      lab.resend.inbox.complain(mail?.id ?? '');
      await until(() => lab.resend.pendingWebhooks() === 0);
      await until(async () => (await getEvents(lab)).items.length >= 5);
      return other;
    }

    test('is found in every table without a change, and then is in none of them', async () => {
      const other = await takeAll();
      const opened = await lab.look();
      const dump = async () => {
        const tables = ['recipient', 'event', 'message', 'suppression_call', 'job'] as const;
        const rows = await Promise.all(
          tables.map((table) => opened.store.db.selectFrom(table).selectAll().execute()),
        );
        return JSON.stringify(rows).toLowerCase();
      };
      const before = await dump();
      const found = await eraseReader(opened, READER, { apply: false });
      expect(found).toMatchObject({
        recipients: 2,
        events: 3,
        texts: 1,
        inDoubt: 0,
        suppressed: 1,
      });
      expect(await dump()).toBe(before);
      expect(await eraseReader(opened, 'READER@example.ORG', { apply: true })).toEqual(found);
      const after = await dump();
      expect(after).not.toMatch(/[^x]reader@example\.org/);
      expect(after).toContain(other);
      expect((await getEvents(lab)).items.map(({ recipient }) => recipient)).toContain(other);
      // That it complained stays, as a hash: without it Resend's list could be emptied of it.
      expect(await eraseReader(opened, READER, { apply: false })).toEqual({
        recipients: 0,
        events: 0,
        texts: 0,
        notes: 0,
        inDoubt: 0,
        suppressed: 1,
      });
    });

    test('is sent nothing that still waits, while the others of the newsletter are', async () => {
      await lab.bridge.stop();
      const opened = await lab.look();
      await acceptForm(opened, newsletterForm([READER, 'other@example.org']));
      await acceptForm(opened, newsletterForm([READER], { 'v:email-id': 'alone' }));
      expect(await eraseReader(opened, READER, { apply: true })).toMatchObject({ recipients: 2 });
      await lab.restart();
      await until(() => lab.resend.inbox.list().length === 1);
      await until(async () => (await opened.queues.chunks.counts()).done === 2);
      expect(mailsByAddress(lab.resend)).toEqual(new Map([['other@example.org', 1]]));
    });

    test('is sent nothing of a call that was made ready and waited for its turn', async () => {
      await lab.bridge.stop();
      const opened = await lab.look();
      const { store, queues, clock } = opened;
      await acceptForm(opened, newsletterForm([READER, 'other@example.org']));
      const [job] = await queues.chunks.claim(1, 60_000);
      if (job === undefined) throw new Error('nothing to send');
      const resend = createResendClient({ apiKey: lab.resend.apiKey, baseUrl: lab.resend.url });
      const pace = createSharedPace(store, clock);
      const take: SharedPace['take'] = async (...turn) => {
        await eraseReader(opened, READER, { apply: true });
        return await pace.take(...turn);
      };
      const send = (context: { pace: SharedPace }) =>
        sendChunk({ store, queues, resend, clock, ...context }, job, new AbortController().signal);
      expect(await send({ pace: { ...pace, take } })).toMatchObject({ kind: 'park' });
      expect(lab.resend.inbox.list()).toEqual([]);
      expect(await send({ pace })).toMatchObject({ kind: 'done' });
      expect(mailsByAddress(lab.resend)).toEqual(new Map([['other@example.org', 1]]));
    });

    test('stays in a call in doubt until Resend has answered, since its bytes must be the same', async () => {
      await lab.bridge.stop();
      const opened = await lab.look();
      await acceptForm(opened, newsletterForm([READER]));
      await opened.store.transaction((tx) =>
        tx.updateTable('chunk').set({ idempotency_key: 'begun', keyed_at: 1 }).execute(),
      );
      expect(await eraseReader(opened, READER, { apply: true })).toMatchObject({
        recipients: 0,
        inDoubt: 1,
      });
      expect(await opened.store.db.selectFrom('recipient').selectAll().execute()).toHaveLength(1);
    });

    test('with letters that are patterns in SQL is taken for nobody else', async () => {
      await lab.bridge.stop();
      const opened = await lab.look();
      await acceptForm(opened, newsletterForm(['a_b@example.org', 'axb@example.org']));
      const one = await eraseReader(opened, 'a_b@example.org', { apply: false });
      expect(one.recipients).toBe(1);
      expect((await eraseReader(opened, '%@example.org', { apply: false })).recipients).toBe(0);
    });
  });
});
