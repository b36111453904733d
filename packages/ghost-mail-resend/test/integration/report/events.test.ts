import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AUTHORIZATION,
  DOMAIN,
  delivered,
  type EventsPage,
  eachPlace,
  getEvents,
  getPage,
  type MailLab,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

eachPlace((nextPlace) => {
  const MEMBERS = membersOf(25);
  let lab: MailLab;

  beforeAll(async () => {
    lab = await startMailLab({ place: await nextPlace() });
    const site = ['ghost-email', 'bulk-email', 'site-one'];
    await post(lab, newsletterForm(MEMBERS, { 'o:tag': site }));
    await until(async () => (await getEvents(lab)).items.length === MEMBERS.length);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  /** Reads pages as Ghost does: to the first empty one, with the same query each time. */
  async function readAll(query: Record<string, string>): Promise<EventsPage['items']> {
    let page = await getEvents(lab, query);
    const items = [];
    while (page.items.length > 0) {
      items.push(...page.items);
      const token = new URL(page.paging.next).pathname.split('/').at(-1);
      const search = new URLSearchParams({
        end: `${Math.floor(Date.now() / 1000) + 5}`,
        begin: '0',
        ...query,
      });
      page = await getPage(`${lab.bridge.url}/v3/${DOMAIN}/events/${token}?${search}`);
    }
    return items;
  }

  describe('a page of events', () => {
    test('holds what Ghost reads of each event', async () => {
      const { items } = await getEvents(lab, { limit: '1' });
      expect(items[0]).toEqual({
        id: expect.any(String),
        event: 'delivered',
        timestamp: expect.any(Number),
        recipient: expect.stringContaining('@example.org'),
        tags: ['ghost-email', 'bulk-email', 'site-one'],
        'user-variables': { 'email-id': '6b04ac398120085ae4c38cc2' },
        message: {
          headers: { 'message-id': expect.stringMatching(/^[^<>]+@mg\.lab\.example\.com$/) },
        },
      });
      expect(Number.isInteger(items[0]?.timestamp)).toBe(true);
    });

    test.each(['1', '7', '25', '300'])(
      'of %s at a time every event comes once, in order',
      async (limit) => {
        const items = await readAll({ limit });
        expect(new Set(items.map(({ id }) => id)).size).toBe(MEMBERS.length);
        expect(items).toHaveLength(MEMBERS.length);
        const stamps = items.map(({ timestamp }) => timestamp);
        expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
      },
    );

    test('the last one is empty, and its URLs are whole', async () => {
      const first = await getEvents(lab);
      const last = await getPage(first.paging.next);
      expect(last.items).toEqual([]);
      for (const url of Object.values({ ...first.paging, ...last.paging }))
        expect(URL.canParse(url)).toBe(true);
    });

    test('begin and end are inclusive, and may have fractions', async () => {
      const all = (await getEvents(lab)).items;
      const stamp = all[0]?.timestamp ?? 0;
      const within = async (begin: number, end: number) =>
        (await getEvents(lab, { begin: `${begin}`, end: `${end}` })).items.length;
      const same = all.filter(({ timestamp }) => timestamp === stamp).length;
      expect(await within(stamp, stamp)).toBe(same);
      expect(await within(stamp - 0.5, stamp + 0.5)).toBe(same);
      expect(await within(stamp + 0.001, stamp + 0.999)).toBe(0);
    });

    test.each([
      [{ tags: 'bulk-email AND site-one' }, 25],
      [{ tags: 'bulk-email AND site-two' }, 0],
      [{ tags: 'bulk' }, 0],
      [{ event: 'opened' }, 0],
      [{ event: 'delivered OR opened' }, 25],
    ])('%j matches %i', async (query, count) => {
      expect((await getEvents(lab, query)).items).toHaveLength(count);
    });

    test('what arrives while Ghost pages waits for its next poll', async () => {
      const first = await getEvents(lab, { limit: '10' });
      const [mail] = lab.resend.inbox.list();
      lab.resend.inbox.complain(mail?.id ?? '');
      await until(async () => (await getEvents(lab, { event: 'complained' })).items.length === 1);
      let page = first;
      let count = 0;
      while (page.items.length > 0) {
        count += page.items.length;
        page = await getPage(page.paging.next + new URL(`x:?limit=10&end=${Date.now()}`).search);
      }
      expect(count).toBe(MEMBERS.length);
    });

    test.each(['begin=soon', 'limit=0', 'ascending=no', 'begin=1&begin=2'])(
      '%s is refused',
      async (query) => {
        const response = await fetch(`${lab.bridge.url}/v3/${DOMAIN}/events?${query}`, {
          headers: { authorization: AUTHORIZATION },
        });
        expect(response.status).toBe(400);
      },
    );

    test('never shows what would stop Ghost, and goes on past whole pages of it', async () => {
      await using own = await startMailLab({ place: await nextPlace() });
      const members = membersOf(5);
      await post(own, newsletterForm(members));
      await delivered(own.resend, members.length);
      await until(async () => (await getEvents(own)).items.length === members.length);
      const { store } = await own.look();
      const broken = [
        { type: 'failed', severity: 'permanent', code: null, reason: 'no code' },
        { type: 'failed', severity: 'permanent', code: 550, reason: '' },
        { type: 'failed', severity: 'odd', code: 550, reason: 'x' },
        { type: 'nonsense' },
      ] as const;
      // Webhooks come in any order: the last to come is the one that is well.
      const events = await store.db
        .selectFrom('event')
        .select(['seq', 'position'])
        .orderBy('seq')
        .execute();
      await store.transaction(async (tx) => {
        for (const [index, values] of broken.entries()) {
          await tx
            .updateTable('event')
            .set(values as never)
            .where('seq', '=', events[index]?.seq ?? 0)
            .execute();
        }
      });
      const { items } = await getEvents(own, { limit: '2' });
      expect(items.map(({ recipient }) => recipient)).toEqual([members[events[4]?.position ?? 0]]);
      const metrics = await (await fetch(`${own.bridge.privateUrl}/metrics`)).text();
      expect(metrics).toMatch(/prosora_mail_malformed_events_total\{service="mail"\} 4/);
      await store.transaction((tx) => tx.updateTable('message').set({ tags: '{' }).execute());
      expect((await getEvents(own)).items).toEqual([]);
    });

    test('a token that is not ours is refused', async () => {
      const response = await fetch(`${lab.bridge.url}/v3/${DOMAIN}/events/eyJvZmYiOjV9`, {
        headers: { authorization: AUTHORIZATION },
      });
      expect(response.status).toBe(400);
    });
  });
});
