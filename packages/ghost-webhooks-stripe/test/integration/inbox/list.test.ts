import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@prosora/durable';
import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { afterEach, expect, test, vi } from 'vitest';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import type { EventFilter, EventLine } from '../../../src/inbox/list.ts';
import { openInbox } from '../../../src/inbox/open-inbox.ts';
import { eventLike } from '../../fixtures/events.ts';
import { openTestInbox, received } from '../../fixtures/open-test-inbox.ts';

/** Stands still until it is told: many events of one moment are the hardest to page through. */
function standingClock() {
  let now = Date.UTC(2026, 10, 1);
  const advance = (ms: number) => {
    now += ms;
  };
  return { now: () => now, advance, sleep: systemClock.sleep };
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.[Symbol.asyncDispose]();
});

/** Events of every kind: on their way, done, dead, superseded, held for two reasons, twins, and of no use to Ghost. */
async function fill(inbox: Inbox, clock: ReturnType<typeof standingClock>): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    const customer = `cus_${round % 3}`;
    const named = (kind: string) => ({ id: `evt_${kind}_${round}` });
    const object = { id: `of_${round}`, customer };
    const events = [
      eventLike(4, { ...named('checkout'), object }),
      eventLike(8, { ...named('update'), object: { id: `sub_${round % 4}`, customer } }),
      eventLike(6, { ...named('invoice'), object }),
      eventLike(6, { ...named('twin'), object }),
      eventLike(7, { ...named('ignored'), object }),
      eventLike(6, { ...named('version'), object, api_version: '2026-10-28.endive' }),
      eventLike(4, { ...named('live'), object, livemode: true }),
    ];
    for (const event of events) await inbox.record(received(event));
    for (const job of await inbox.deliveries.claim(1, 60_000)) {
      const kind = round % 2 === 0 ? 'dead' : 'done';
      await inbox.deliveries.settle(job, kind === 'dead' ? { kind, reason: '400' } : { kind });
    }
    if (round % 5 === 4) clock.advance(1_000);
  }
}

async function pagesOf(inbox: Inbox, filter: EventFilter, limit: number): Promise<EventLine[][]> {
  const pages: EventLine[][] = [];
  let after: string | undefined;
  do {
    const { items, next } = await inbox.list(filter, { limit, after });
    expect(items.length).toBeLessThanOrEqual(limit);
    pages.push(items);
    after = next ?? undefined;
  } while (after !== undefined);
  return pages;
}

const FILTERS: EventFilter[] = [
  {},
  { type: 'invoice.payment_succeeded' },
  { customer: 'cus_1' },
  { customer: 'cus_1', type: 'checkout.session.completed', states: ['dead', 'held', 'waiting'] },
  { states: ['dead'] },
  { states: ['held'] },
  { states: ['twin', 'ignored'] },
  { states: ['dead', 'done', 'held', 'twin', 'superseded'] },
  { states: ['waiting', 'ready', 'held'], type: 'invoice.payment_succeeded' },
];

async function provePaging(inbox: Inbox, clock: ReturnType<typeof standingClock>): Promise<void> {
  await fill(inbox, clock);
  const { items: all, next } = await inbox.list({}, { limit: 1_000 });
  expect([all.length, next]).toEqual([84, null]);
  for (const filter of FILTERS) {
    const { states, type, customer } = filter;
    const wanted = all.filter(
      (line) =>
        (states?.includes(line.state) ?? true) &&
        (type === undefined || line.type === type) &&
        (customer === undefined || line.customer === customer),
    );
    expect(wanted.length).toBeGreaterThan(0);
    const counted = await inbox.countByState(filter, 1_000);
    if (counted !== undefined) expect([filter, counted]).toEqual([filter, wanted.length]);
    for (const limit of [1, 7, 50]) {
      const listed = (await pagesOf(inbox, filter, limit)).flat();
      const ids = (lines: EventLine[]) => lines.map(({ id }) => id).sort();
      expect([filter, ids(listed)]).toEqual([filter, ids(wanted)]);
      const times = listed.map(({ receivedAt }) => receivedAt.getTime());
      expect(times).toEqual(times.toSorted((one, other) => other - one));
    }
  }
  const since = new Date(clock.now() - 1_000);
  const until = new Date(clock.now());
  for (const filter of FILTERS) {
    const within = (await pagesOf(inbox, { ...filter, since, until }, 7)).flat();
    const wanted = (await pagesOf(inbox, filter, 7))
      .flat()
      .filter(({ receivedAt }) => receivedAt >= since && receivedAt < until);
    expect([filter, within]).toEqual([filter, wanted]);
  }
}

test('a list of any filter is paged through with no event lost and none twice', async () => {
  const clock = standingClock();
  const { inbox } = await openTestInbox({ clock, livemode: 'test' });
  open.push(inbox);
  await provePaging(inbox, clock);
});

test.skipIf(!hasTestServer)('and on MySQL or MariaDB, too (needs mariadb-server)', async () => {
  await using server = await startTestServer();
  const place = await server.place('inbox_lists');
  const socket = 'socketPath' in place ? `?socketPath=${place.socketPath}` : '';
  const clock = standingClock();
  await using inbox = await openInbox({
    file: '',
    mysql: place.mysql + socket,
    livemode: 'test',
    clock,
  });
  await provePaging(inbox, clock);
});

test('what no index finds is looked for in steps, so that no page takes long', async () => {
  const { inbox } = await openTestInbox();
  open.push(inbox);
  const customer = 'cus_of_many';
  const event = (id: number) => eventLike(7, { id: `evt_${id}`, object: { customer } });
  await inbox.record(received(eventLike(4, { id: 'evt_first', object: { customer } })));
  for (let from = 0; from < 2_400; from += 100) {
    const some = Array.from({ length: 100 }, (_, at) => event(from + at));
    await Promise.all(some.map((one) => inbox.record(received(one))));
  }
  const pages = await pagesOf(inbox, { customer, states: ['ready'] }, 20);
  expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], [], ['evt_first']]);
});

test('every list follows an index from where its page begins, and sorts nothing', async () => {
  const clock = standingClock();
  const { inbox, file } = await openTestInbox({ clock, livemode: 'test' });
  open.push(inbox);
  await fill(inbox, clock);
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const { inbox: fresh } = await openTestInbox({ file, clock, livemode: 'test' });
  open.push(fresh);
  prepare.mockClear();
  const times = { since: new Date(clock.now() - 9_000), until: new Date(clock.now() + 1) };
  for (const filter of FILTERS) {
    await pagesOf(fresh, filter, 7);
    await pagesOf(fresh, { ...filter, ...times }, 7);
  }
  await fresh.show('evt_twin_3');
  const statements = new Set(prepare.mock.calls.map(([sql]) => sql));
  prepare.mockRestore();
  const reads = [...statements].filter((sql) => /^select/i.test(sql) && sql.includes('order by'));
  expect(reads.length).toBeGreaterThan(15);
  using database = new DatabaseSync(file, { readOnly: true });
  for (const sql of reads) {
    const bound = Array.from(sql.matchAll(/\?/g), () => 1);
    const plan = database.prepare(`explain query plan ${sql}`).all(...bound);
    const [first = '', ...others] = plan.map(({ detail }) => String(detail));
    // A list of all events from the newest on reads an index from its end, and stops.
    expect(first, sql).toMatch(/^(SEARCH|SCAN) \w+ USING INDEX (stripe_event_|stripe_job_)\w+/);
    if (!sql.includes('where 1 = 1 and 1 = 1')) expect(first, sql).toMatch(/^SEARCH/);
    expect(others.join('; '), sql).not.toMatch(/SCAN|TEMP B-TREE/);
  }
});
