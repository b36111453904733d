import { join } from 'node:path';
import type { EventsOutcome } from '@prosora/service';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSender } from '../../../src/send/sender.ts';
import { openCheckpoint } from '../../../src/spool/checkpoint.ts';
import { openSpool } from '../../../src/spool/spool.ts';
import { names, type SendingPlace, startSendingPlace } from '../../fixtures/sending.ts';
import type { Upstream } from '../../fixtures/upstream.ts';

let place: SendingPlace;

beforeEach(async () => {
  place = await startSendingPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

test('rows go out in order, in batches by bytes that follow one another, and segments go away', async () => {
  await using sending = await place.open({ batchBytes: 2_000, segmentBytes: 6_000 });
  await sending.append(names(500));
  sending.sender.start();
  await place.untilWritten(500);
  expect(place.writtenNames()).toEqual(names(500));
  const ranges = [...place.upstream.written.keys()].map((name) =>
    name.split(/[:-]/).slice(-2).map(Number),
  );
  for (const [from = 0, to = 0] of ranges) expect(to - from).toBeLessThanOrEqual(2_000);
  await vi.waitUntil(() => sending.spool.bytes < 6_000);
});

test('a batch is planned once the write under way is known to be on disk', async () => {
  await using sending = await place.open();
  await sending.append(['first']);
  // As if the second were written when the plan is asked for.
  vi.spyOn(sending.spool, 'settled').mockImplementationOnce(() => sending.append(['second']));
  sending.sender.start();
  await place.untilWritten(2);
  expect(place.upstream.written.size).toBe(1);
});

const FAILURES: [string, Upstream['answer'], EventsOutcome['kind']][] = [
  ['500', () => ({ status: 500 }), 'unavailable'],
  ['429 with Retry-After', () => ({ status: 429, headers: { 'retry-after': '0' } }), 'unavailable'],
  [
    'a connection cut after the rows were written',
    () => ({ writes: true, cut: true }),
    'unavailable',
  ],
  ['an answer that comes too late', () => new Promise(() => undefined), 'unavailable'],
  ...[401, 402, 403, 404, 415, 431].map(
    (status): [string, Upstream['answer'], EventsOutcome['kind']] => [
      String(status),
      () => ({ status }),
      'misconfigured',
    ],
  ),
  ['a page of something else', () => ({ writes: false, body: '<html>' }), 'misconfigured'],
];

test.each(FAILURES)(
  '%s: the same range comes again until it is taken',
  async (_what, fault, kind) => {
    place.upstream.answer = (arrival, index) => (index < 2 ? fault(arrival, index) : {});
    await using sending = await place.open();
    await sending.append(names(20));
    sending.sender.start();
    await vi.waitUntil(() => sending.outcomes.some((outcome) => outcome.kind === 'accepted'));
    expect(place.writtenNames()).toEqual(names(20));
    expect(new Set(place.upstream.arrivals.map(({ batch }) => batch)).size).toBe(1);
    expect(sending.outcomes.map((outcome) => outcome.kind)).toEqual([kind, kind, 'accepted']);
    expect(place.letters()).toEqual([]);
  },
);

test('an upstream that is down is waited for', async () => {
  await using sending = await place.open();
  await place.upstream[Symbol.asyncDispose]();
  await sending.append(names(20));
  sending.sender.start();
  await vi.waitUntil(() => sending.outcomes.length > 2);
  await place.startUpstream();
  await place.untilWritten(20);
  expect(place.writtenNames()).toEqual(names(20));
});

test('parts of a batch that may be there already are doubtful too, and what follows is not', async () => {
  place.upstream.answer = ({ rows }, index) => {
    if (index === 0) return { writes: false, cut: true };
    return rows.length > 3 ? { status: 413 } : {};
  };
  await using sending = await place.open();
  await sending.append(names(10));
  sending.sender.start();
  await place.untilWritten(10);
  await sending.append(['later']);
  await place.untilWritten(11);
  expect(sending.doubtful).toEqual([10, 5, 3, 2, 5, 3, 2]);
});

test('a doubt outlasts a wrong token', async () => {
  place.upstream.answer = (_arrival, index) =>
    [{ writes: true, cut: true }, { status: 403 }][index] ?? {};
  await using sending = await place.open();
  await sending.append(names(2));
  sending.sender.start();
  await vi.waitUntil(() => sending.outcomes.length === 3);
  expect(sending.doubtful).toEqual([2, 2]);
});

test('a planned batch keeps its range when more rows have come since and the process began anew', async () => {
  place.upstream.answer = () => ({ writes: true, cut: true });
  {
    await using sending = await place.open();
    await sending.append(names(10));
    sending.sender.start();
    await vi.waitUntil(() => sending.outcomes.length > 0);
    await sending.append(['late']);
  }
  place.upstream.answer = () => ({});
  await using sending = await place.open();
  sending.sender.start();
  await place.untilWritten(11);
  expect(place.writtenNames()).toEqual([...names(10), 'late']);
  expect(place.upstream.changed).toEqual([]);
});

test('stop sends what is left, and does not wait for an upstream that is not well', async () => {
  await using sending = await place.open();
  sending.sender.start();
  await sending.append(names(10));
  await sending.sender.stop(5_000);
  expect(place.writtenNames()).toEqual(names(10));

  place.upstream.answer = () => ({ status: 503, headers: { 'retry-after': '3600' } });
  await using failing = await place.open();
  failing.sender.start();
  await failing.append(['left']);
  await vi.waitUntil(() => failing.outcomes.length === 1);
  // Longer than a test may take.
  await failing.sender.stop(3_600_000);
  expect(failing.outcomes.map(({ kind }) => kind)).toEqual(['unavailable', 'unavailable']);
});

test('a batch that was answered too early is not changed by the next', async () => {
  const spool = await openSpool({ folder: join(place.dir, 'spool'), maxBytes: 2 ** 24 });
  using checkpoint = openCheckpoint(join(place.dir, 'checkpoint'));
  const given: Uint8Array[] = [];
  const sender = createSender({
    spool,
    checkpoint,
    tinybird: {
      // As if the rest of what it was given were still on its way.
      async send(rows) {
        given.push(rows as Buffer);
        return given.length === 1
          ? { kind: 'refused', reason: '413: too large' }
          : { kind: 'accepted', rows: 1, quarantined: 0 };
      },
    },
    deadLettersFile: join(place.dir, 'dead.db'),
    batchBytes: 65_536,
    batchMs: 0,
  });
  await spool.append('{"name":"early"}');
  sender.start();
  await vi.waitUntil(() => given.length === 1);
  await spool.append('{"name":"after"}');
  await vi.waitUntil(() => given.length === 2);
  expect(given.map(String)).toEqual(['{"name":"early"}', '{"name":"after"}']);
  await sender.stop(0);
  await spool.close();
});
