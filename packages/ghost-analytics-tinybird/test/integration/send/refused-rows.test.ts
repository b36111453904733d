import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { names, type SendingPlace, startSendingPlace } from '../../fixtures/sending.ts';
import type { Upstream } from '../../fixtures/upstream.ts';

let place: SendingPlace;

beforeEach(async () => {
  place = await startSendingPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

test.each([400, 413])(
  '%i: halves are tried until the row that is refused stands alone',
  async (status) => {
    place.upstream.answer = ({ rows }) =>
      rows.some((row) => row.includes('"row-13"')) ? { status, body: 'no thanks' } : {};
    await using sending = await place.open();
    await sending.append(names(40));
    sending.sender.start();
    await place.untilWritten(39);
    expect(place.writtenNames()).toEqual(names(40).filter((name) => name !== 'row-13'));
    expect(place.letters()).toMatchObject([
      { reason: `${status}: no thanks`, rows: [{ name: 'row-13' }] },
    ]);
    expect(place.upstream.changed).toEqual([]);
  },
);

test('422: one row that a view refuses is dead alone, and the others come into the charts', async () => {
  place.upstream.answer = ({ rows }) =>
    rows.some((row) => row.includes('"row-13"')) ? { status: 422, body: 'no view' } : {};
  await using sending = await place.open();
  await sending.append(names(50));
  sending.sender.start();
  await place.untilWritten(49);
  expect(place.writtenNames()).toEqual(names(50).filter((name) => name !== 'row-13'));
  expect(place.letters()).toMatchObject([{ kind: 'halfway', rows: [{ name: 'row-13' }] }]);
  expect(place.upstream.changed).toEqual([]);
  // What is in the data source more than once is told.
  expect(sending.doubtful).toHaveLength(place.upstream.arrivals.length - 1);
});

test('422: after three rows in a row a view is taken for broken, and no batch is halved until it takes one', async () => {
  place.upstream.answer = () => ({ status: 422 });
  await using sending = await place.open();
  await sending.append(names(64));
  sending.sender.start();
  await vi.waitUntil(() => place.letters().flatMap(({ rows }) => rows).length === 64);
  // Seven levels to the first row, its two neighbours, and what is left as it was cut.
  expect(place.upstream.arrivals.length).toBeLessThan(20);
  place.upstream.answer = () => ({});
  await sending.append(['taken']);
  await place.untilWritten(1);
  place.upstream.answer = ({ rows }) => (rows.length > 1 ? { status: 422 } : {});
  await sending.append(['a', 'b']);
  await place.untilWritten(3);
  expect(place.letters().flatMap(({ rows }) => rows)).toHaveLength(64);
});

test('409: a batch that the engine has in part is neither halved nor sent again, and kept as a dead letter', async () => {
  place.upstream.answer = (_arrival, index) => (index === 0 ? { status: 409, writes: true } : {});
  await using sending = await place.open();
  await sending.append(names(5));
  sending.sender.start();
  await vi.waitUntil(() => place.letters().length === 1);
  await sending.append(['later']);
  await place.untilWritten(6);
  expect(place.upstream.arrivals).toHaveLength(2);
  expect(place.letters()).toMatchObject([{ rows: names(5).map((name) => ({ name })) }]);
});

test.each<[string, Upstream['answer']]>([
  ['409', () => ({ status: 409, writes: true })],
  ['in quarantine', () => ({ writes: true, quarantined: 1 })],
])(
  '%s: rows that are there are not sent again when their letter cannot be written',
  async (_what, fault) => {
    mkdirSync(join(place.dir, 'dead.db'));
    place.upstream.answer = (arrival, index) => (index === 0 ? fault(arrival, index) : {});
    await using sending = await place.open();
    await sending.append(names(5));
    sending.sender.start();
    await vi.waitUntil(() => sending.faults.length === 1);
    await sending.append(['later']);
    await place.untilWritten(6);
    expect(place.upstream.arrivals.map(({ rows }) => rows.length)).toEqual([5, 1]);
  },
);

test('a refused row stays in the spool until its letter is written', async () => {
  mkdirSync(join(place.dir, 'dead.db'));
  place.upstream.answer = () => ({ status: 400 });
  await using sending = await place.open();
  await sending.append(names(1));
  sending.sender.start();
  await vi.waitUntil(() => sending.faults.length > 1);
  rmdirSync(join(place.dir, 'dead.db'));
  await vi.waitUntil(() => place.letters().length === 1);
});

test('rows in quarantine are counted', async () => {
  place.upstream.answer = () => ({ quarantined: 2 });
  await using sending = await place.open();
  await sending.append(names(5));
  sending.sender.start();
  await vi.waitUntil(() => sending.outcomes.length === 1);
  expect(sending.outcomes).toEqual([{ kind: 'accepted', rows: 3, quarantined: 2 }]);
});
