import { setTimeout as delay } from 'node:timers/promises';
import { createLocalOperator } from '@prosora/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createStoreHandlers } from '../../../src/operate/handlers.ts';
import { storeOperations } from '../../../src/operate/operations.ts';
import type { OpenedMailStore } from '../../../src/store/store.ts';
import {
  acceptForm,
  eachPlace,
  type MailLab,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

/** As Ghost makes ids: the second, and the rest. */
const ghostId = (second: number) => `${second.toString(16).padStart(8, '0')}8120085ae4c38cc2`;
const SIGN_IN = {
  'v:email-id': null,
  'recipient-variables': null,
  'o:tag': ['ghost-email', 'transactional-email'],
};

eachPlace((nextPlace) => {
  let lab: MailLab;
  let opened: OpenedMailStore;
  let ask: ReturnType<typeof createLocalOperator<typeof storeOperations>>['ask'];

  beforeEach(async () => {
    lab = await startMailLab({ place: await nextPlace() });
    opened = await lab.look();
    ({ ask } = createLocalOperator(storeOperations, createStoreHandlers(opened, lab.place)));
  });
  afterEach(() => lab[Symbol.asyncDispose]());

  /** Every item of a list, so many a page. */
  async function all<Item>(
    page: (after: string | undefined) => Promise<{ items: Item[]; next: string | null }>,
  ): Promise<Item[]> {
    const items: Item[] = [];
    for (let after: string | undefined; ; ) {
      const { items: more, next } = await page(after);
      items.push(...more);
      if (next === null) return items;
      expect(next).not.toBe(after);
      after = next;
    }
  }

  /** Takes mail over with nobody there to send it. */
  async function takeOver(...forms: FormData[]) {
    await lab.bridge.stop();
    for (const form of forms) {
      await acceptForm(opened, form);
      // Of two of one millisecond nobody can say which is newer.
      await delay(2);
    }
  }

  test('newsletters come the newest first, each once however many messages it has, and by their time', async () => {
    const ids = [30, 10, 20, 20, 40].map(ghostId);
    await takeOver(
      ...ids.map((id, at) => newsletterForm([`m${at}@example.org`], { 'v:email-id': id })),
      newsletterForm(['visitor@example.org'], SIGN_IN),
    );
    await ask('pause', { emailId: ghostId(30) });
    const listed = await all((after) => ask('newsletters', { after, limit: 1 }));
    expect(listed.map(({ emailId }) => emailId)).toEqual([40, 30, 20, 10].map(ghostId));
    expect(listed[1]).toMatchObject({
      site: 'ghost',
      decision: 'paused',
      subject: 'News for %recipient.name%',
    });
    const { items } = await ask('newsletters', { progress: 'true' });
    for (const { emailId, progress } of items) {
      // When the last one leaves is said of each moment.
      const now = { ...(await ask('newsletter', { emailId })), doneAt: progress?.doneAt };
      expect(progress).toEqual(now);
    }
    const between = await ask('newsletters', {
      since: new Date(20_000).toISOString(),
      until: new Date(40_000).toISOString(),
      site: 'ghost',
    });
    expect(between.items.map(({ emailId }) => emailId)).toEqual([30, 20].map(ghostId));
    expect((await ask('newsletters', { site: 'other' })).items).toEqual([]);
  });

  test('recipients page through without loss or doubles, over messages, and by state and event', async () => {
    const members = membersOf(250);
    const emailId = ghostId(1);
    const halves = [members.slice(0, 130), [...members.slice(130), 'not an address']];
    await takeOver(...halves.map((half) => newsletterForm(half, { 'v:email-id': emailId })));
    for (const limit of [7, 130, 1_000]) {
      const listed = await all((after) => ask('recipients', { emailId, after, limit }));
      expect(listed.map(({ address }) => address)).toEqual(halves.flat());
    }
    const refused = [{ address: 'not an address', state: 'failed', code: 550 }];
    for (const filter of [{ state: 'failed' }, { event: 'failed' }] as const) {
      const listed = await all((after) => ask('recipients', { emailId, after, ...filter }));
      expect(listed).toMatchObject(refused);
    }
    expect(await ask('newsletter', { emailId })).toMatchObject({ accepted: 251, queued: 250 });
  });

  test('a newsletter that waits says why its last try did not end well, and none where nothing waits', async () => {
    const emailId = ghostId(1);
    await takeOver(newsletterForm(membersOf(150), { 'v:email-id': emailId }));
    const { chunks } = opened.queues;
    expect(await ask('newsletter', { emailId })).toMatchObject({
      subject: 'News for %recipient.name%',
      waits: { state: 'ready', attempts: 0, reason: null },
    });
    const [, second] = await chunks.claim(2, 60_000);
    if (second === undefined) throw new Error('There is no second chunk.');
    await chunks.settle(second, { kind: 'retry', reason: 'The domain is not verified.' });
    const { waits } = await ask('newsletter', { emailId });
    expect(waits).toMatchObject({ attempts: 1, reason: 'The domain is not verified.' });
    await ask('cancel', { emailId });
    expect((await ask('newsletter', { emailId })).queued).toBeLessThan(150);
  });

  describe('single mails', () => {
    test('page through the newest first, by site, state and time', async () => {
      const to = (at: number) => `visitor${at}@example.org`;
      const forms = Array.from({ length: 9 }, (_, at) => newsletterForm([to(at)], SIGN_IN));
      const before = new Date().toISOString();
      await takeOver(newsletterForm(membersOf(2)), ...forms);
      const newest = Array.from({ length: 9 }, (_, at) => to(8 - at)).toSorted();
      for (const limit of [1, 4, 9]) {
        for (const filter of [{}, { site: 'ghost' }, { state: 'queued' as const, since: before }]) {
          const listed = await all((after) => ask('mails', { after, limit, ...filter }));
          const times = listed.map(({ acceptedAt }) => acceptedAt);
          expect(times).toEqual(times.toSorted().reverse());
          expect(listed.map(({ address }) => address).toSorted()).toEqual(newest);
        }
      }
      for (const none of [{ site: 'x' }, { state: 'sent' as const }, { until: before }]) {
        expect(await all((after) => ask('mails', { after, ...none }))).toEqual([]);
      }
      expect((await ask('mails', { lane: 'single' })).items).toEqual([]);
    });

    test('are shown step by step, without their links, subject or text', async () => {
      const html = '<a href="https://lab.example.com/?token=secret-of-the-link">code 123456</a>';
      const subject = 'Your code is 123456';
      await post(lab, newsletterForm(['Visitor@example.org'], { ...SIGN_IN, html, subject }));
      const shown = async () => {
        const { items } = await ask('reader', { address: 'Visitor@example.org' });
        return { items, mail: await ask('mail', { id: items[0]?.id ?? '' }) };
      };
      await until(async () => (await shown()).mail.events.length === 1);
      const { items, mail } = await shown();
      expect(mail).toMatchObject({
        address: 'Visitor@example.org',
        lane: 'transactional',
        state: 'sent',
        chunk: { state: 'sent' },
        attempts: [{ outcome: 'done' }],
        events: [{ type: 'delivered' }],
      });
      expect(items[0]?.events).toEqual(['delivered']);
      expect(JSON.stringify([items, mail, await ask('mails', {})])).not.toMatch(/secret|123456/);
      await expect(ask('mail', { id: `${'0'.repeat(27)}-0` })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });
  });

  test("a reader's mails are found in all newsletters and beside them, in small letters too", async () => {
    const address = 'reader@example.org';
    const ids = Array.from({ length: 5 }, (_, at) => ghostId(at + 1));
    await takeOver(
      ...ids.map((id) => newsletterForm([...membersOf(3), address], { 'v:email-id': id })),
      newsletterForm([address], SIGN_IN),
    );
    for (const limit of [1, 4, 100]) {
      const found = await all((after) =>
        ask('reader', { address: 'Reader@Example.org', after, limit }),
      );
      expect(found.map(({ emailId }) => emailId)).toEqual([null, ...ids.toReversed()]);
      expect(new Set(found.map((mail) => mail.address))).toEqual(new Set([address]));
    }
    expect((await ask('reader', { address: 'nobody@example.org' })).items).toEqual([]);
  });

  test('jobs page through without loss or doubles, by state and time; those given up unless told otherwise', async () => {
    await takeOver(
      newsletterForm(membersOf(900)),
      newsletterForm(['visitor@example.org'], SIGN_IN),
      newsletterForm(['tester@example.org'], { 'v:email-id': null, 'o:tag': ['test-email'] }),
    );
    const { urgent, chunks } = opened.queues;
    const claimed = [...(await urgent.claim(10, 60_000)), ...(await chunks.claim(7, 60_000))];
    for (const [at, job] of claimed.entries()) {
      const queue = at === 0 ? urgent : chunks;
      const kind = at % 2 === 0 ? 'dead' : 'ambiguous';
      await queue.settle(job, { kind, reason: `Reason ${at}.` });
    }
    for (const limit of [1, 3, 8, 100]) {
      const listed = await all((after) => ask('jobs', { after, limit }));
      expect(listed.map(({ id }) => id).toSorted()).toEqual(claimed.map(({ id }) => id).toSorted());
    }
    const dead = await all((after) => ask('jobs', { after, limit: 2, state: 'dead' }));
    expect(dead.map(({ reason }) => reason).toSorted()).toEqual([
      'Reason 0.',
      'Reason 2.',
      'Reason 4.',
      'Reason 6.',
    ]);
    expect(dead[0]).toMatchObject({ queue: 'urgent', emailId: null, attempts: 1 });
    expect(await all((after) => ask('jobs', { after, state: 'ready' }))).toHaveLength(3);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect((await ask('jobs', { since: hourAgo })).items).toHaveLength(8);
    expect((await ask('jobs', { until: hourAgo })).items).toEqual([]);
    const { next } = await ask('jobs', { state: 'ready', limit: 1 });
    await expect(ask('jobs', { after: next ?? '' })).rejects.toThrow(/^after: /);
  });

  test('suppressions page through by their hashes, by site and by address', async () => {
    await opened.store.transaction(async (tx) => {
      for (let at = 0; at < 5; at++) {
        for (const site of ['one', 'two']) {
          const address_hash = String(at).repeat(64);
          await tx
            .insertInto('suppressed_address')
            .values({ site, address_hash, since: 0 })
            .execute();
        }
      }
    });
    for (const limit of [1, 3, 10]) {
      const listed = await all((after) => ask('suppressions', { after, limit }));
      expect(new Set(listed.map(({ site, addressHash }) => site + addressHash)).size).toBe(10);
      expect(listed).toHaveLength(10);
      const one = await all((after) => ask('suppressions', { after, limit, site: 'one' }));
      expect(one).toHaveLength(5);
    }
    expect((await ask('suppressions', { address: 'a@example.org' })).items).toEqual([]);
  });
});
