import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTinybirdEvents, type EventsOutcome } from '@prosora/service';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSender, type Sender } from '../../../src/send/sender.ts';
import { openCheckpoint } from '../../../src/spool/checkpoint.ts';
import { openSpool, type Spool } from '../../../src/spool/spool.ts';
import { lettersIn } from '../../fixtures/dead-letters.ts';
import { freshDir } from '../../fixtures/running-collector.ts';
import { startUpstream, type Upstream } from '../../fixtures/upstream.ts';

let upstream: Upstream;
let dir: string;
let open: Disposable[];

beforeEach(async () => {
  upstream = await startUpstream();
  dir = freshDir();
  open = [];
});
afterEach(async () => {
  for (const resource of open) resource[Symbol.dispose]();
  await upstream[Symbol.asyncDispose]();
});

const letters = () => lettersIn(join(dir, 'dead.db'));
const names = (count: number) => Array.from({ length: count }, (_, index) => `row-${index}`);

interface Sending extends AsyncDisposable {
  spool: Spool;
  sender: Sender;
  outcomes: EventsOutcome[];
  /** Rows that were sent although they may be there already, by batch. */
  doubtful: number[];
  faults: unknown[];
  append(rows: readonly string[]): Promise<void>;
}

/** A spool in `dir` and its sender, which is not started yet. */
async function openSending({ batchBytes = 65_536, segmentBytes = 2 ** 22 } = {}): Promise<Sending> {
  const spool = await openSpool({ folder: join(dir, 'spool'), maxBytes: 2 ** 24, segmentBytes });
  const checkpoint = openCheckpoint(join(dir, 'checkpoint'));
  open.push(checkpoint);
  const outcomes: EventsOutcome[] = [];
  const doubtful: number[] = [];
  const faults: unknown[] = [];
  const sender = createSender({
    spool,
    checkpoint,
    tinybird: createTinybirdEvents({
      url: upstream.url,
      token: 't',
      datasource: 'd',
      timeoutMs: 300,
    }),
    deadLettersFile: join(dir, 'dead.db'),
    batchBytes,
    batchMs: 5,
    backoffMs: 10,
    backoffCapMs: 20,
    onOutcome(outcome, batch) {
      outcomes.push(outcome);
      if (batch.mayBeDouble) doubtful.push(batch.rows);
    },
    onFault: (error) => faults.push(error),
  });
  return {
    spool,
    sender,
    outcomes,
    doubtful,
    faults,
    append: async (rows) => {
      await Promise.all(rows.map((name) => spool.append(JSON.stringify({ name }))));
    },
    async [Symbol.asyncDispose]() {
      await sender.stop(0);
      await spool.close();
    },
  };
}

const writtenNames = () => upstream.rows().map((row) => JSON.parse(row).name);
const untilWritten = (count: number) =>
  vi.waitUntil(() => writtenNames().length >= count, { timeout: 10_000 });

test('rows go out in order, in batches by bytes that follow one another, and segments go away', async () => {
  await using sending = await openSending({ batchBytes: 2_000, segmentBytes: 6_000 });
  await sending.append(names(500));
  sending.sender.start();
  await untilWritten(500);
  expect(writtenNames()).toEqual(names(500));
  const ranges = [...upstream.written.keys()].map((name) =>
    name.split(/[:-]/).slice(-2).map(Number),
  );
  for (const [from = 0, to = 0] of ranges) expect(to - from).toBeLessThanOrEqual(2_000);
  await vi.waitUntil(() => sending.spool.bytes < 6_000);
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
    upstream.answer = (arrival, index) => (index < 2 ? fault(arrival, index) : {});
    await using sending = await openSending();
    await sending.append(names(20));
    sending.sender.start();
    await vi.waitUntil(() => sending.outcomes.some((outcome) => outcome.kind === 'accepted'));
    expect(writtenNames()).toEqual(names(20));
    expect(new Set(upstream.arrivals.map(({ batch }) => batch)).size).toBe(1);
    expect(sending.outcomes.map((outcome) => outcome.kind)).toEqual([kind, kind, 'accepted']);
    expect(letters()).toEqual([]);
  },
);

test('an upstream that is down is waited for', async () => {
  const port = Number(new URL(upstream.url).port);
  await using sending = await openSending();
  await upstream[Symbol.asyncDispose]();
  await sending.append(names(20));
  sending.sender.start();
  await vi.waitUntil(() => sending.outcomes.length > 2);
  upstream = await startUpstream(port);
  await untilWritten(20);
  expect(writtenNames()).toEqual(names(20));
});

test.each([400, 413])(
  '%i: halves are tried until the row that is refused stands alone',
  async (status) => {
    upstream.answer = ({ rows }) =>
      rows.some((row) => row.includes('"row-13"')) ? { status, body: 'no thanks' } : {};
    await using sending = await openSending();
    await sending.append(names(40));
    sending.sender.start();
    await untilWritten(39);
    expect(writtenNames()).toEqual(names(40).filter((name) => name !== 'row-13'));
    expect(letters()).toMatchObject([
      { reason: `${status}: no thanks`, rows: [{ name: 'row-13' }] },
    ]);
    expect(upstream.changed).toEqual([]);
  },
);

test('422: one row that a view refuses is dead alone, and the others come into the charts', async () => {
  upstream.answer = ({ rows }) =>
    rows.some((row) => row.includes('"row-13"')) ? { status: 422, body: 'no view' } : {};
  await using sending = await openSending();
  await sending.append(names(50));
  sending.sender.start();
  await untilWritten(49);
  expect(writtenNames()).toEqual(names(50).filter((name) => name !== 'row-13'));
  expect(letters()).toMatchObject([{ kind: 'halfway', rows: [{ name: 'row-13' }] }]);
  expect(upstream.changed).toEqual([]);
  // What is in the data source more than once is told.
  expect(sending.doubtful).toHaveLength(upstream.arrivals.length - 1);
});

test('422: after three rows in a row a view is taken for broken, and no batch is halved until it takes one', async () => {
  upstream.answer = () => ({ status: 422 });
  await using sending = await openSending();
  await sending.append(names(64));
  sending.sender.start();
  await vi.waitUntil(() => letters().flatMap(({ rows }) => rows).length === 64);
  // Seven levels to the first row, its two neighbours, and what is left as it was cut.
  expect(upstream.arrivals.length).toBeLessThan(20);
  upstream.answer = () => ({});
  await sending.append(['taken']);
  await untilWritten(1);
  upstream.answer = ({ rows }) => (rows.length > 1 ? { status: 422 } : {});
  await sending.append(['a', 'b']);
  await untilWritten(3);
  expect(letters().flatMap(({ rows }) => rows)).toHaveLength(64);
});

test('409: a batch that the engine has in part is neither halved nor sent again, and kept as a dead letter', async () => {
  upstream.answer = (_arrival, index) => (index === 0 ? { status: 409, writes: true } : {});
  await using sending = await openSending();
  await sending.append(names(5));
  sending.sender.start();
  await vi.waitUntil(() => letters().length === 1);
  await sending.append(['later']);
  await untilWritten(6);
  expect(upstream.arrivals).toHaveLength(2);
  expect(letters()).toMatchObject([{ rows: names(5).map((name) => ({ name })) }]);
});

test.each<[string, Upstream['answer']]>([
  ['409', () => ({ status: 409, writes: true })],
  ['in quarantine', () => ({ writes: true, quarantined: 1 })],
])(
  '%s: rows that are there are not sent again when their letter cannot be written',
  async (_what, fault) => {
    mkdirSync(join(dir, 'dead.db'));
    upstream.answer = (arrival, index) => (index === 0 ? fault(arrival, index) : {});
    await using sending = await openSending();
    await sending.append(names(5));
    sending.sender.start();
    await vi.waitUntil(() => sending.faults.length === 1);
    await sending.append(['later']);
    await untilWritten(6);
    expect(upstream.arrivals.map(({ rows }) => rows.length)).toEqual([5, 1]);
  },
);

test('a refused row stays in the spool until its letter is written', async () => {
  mkdirSync(join(dir, 'dead.db'));
  upstream.answer = () => ({ status: 400 });
  await using sending = await openSending();
  await sending.append(names(1));
  sending.sender.start();
  await vi.waitUntil(() => sending.faults.length > 1);
  rmdirSync(join(dir, 'dead.db'));
  await vi.waitUntil(() => letters().length === 1);
});

test('parts of a batch that may be there already are doubtful too, and what follows is not', async () => {
  upstream.answer = ({ rows }, index) => {
    if (index === 0) return { writes: false, cut: true };
    return rows.length > 3 ? { status: 413 } : {};
  };
  await using sending = await openSending();
  await sending.append(names(10));
  sending.sender.start();
  await untilWritten(10);
  await sending.append(['later']);
  await untilWritten(11);
  expect(sending.doubtful).toEqual([10, 5, 3, 2, 5, 3, 2]);
});

test('a doubt outlasts a wrong token', async () => {
  upstream.answer = (_arrival, index) =>
    [{ writes: true, cut: true }, { status: 403 }][index] ?? {};
  await using sending = await openSending();
  await sending.append(names(2));
  sending.sender.start();
  await vi.waitUntil(() => sending.outcomes.length === 3);
  expect(sending.doubtful).toEqual([2, 2]);
});

test('rows in quarantine are counted', async () => {
  upstream.answer = () => ({ quarantined: 2 });
  await using sending = await openSending();
  await sending.append(names(5));
  sending.sender.start();
  await vi.waitUntil(() => sending.outcomes.length === 1);
  expect(sending.outcomes).toEqual([{ kind: 'accepted', rows: 3, quarantined: 2 }]);
});

test('a planned batch keeps its range when more rows have come since and the process began anew', async () => {
  upstream.answer = () => ({ writes: true, cut: true });
  {
    await using sending = await openSending();
    await sending.append(names(10));
    sending.sender.start();
    await vi.waitUntil(() => sending.outcomes.length > 0);
    await sending.append(['late']);
  }
  upstream.answer = () => ({});
  await using sending = await openSending();
  sending.sender.start();
  await untilWritten(11);
  expect(writtenNames()).toEqual([...names(10), 'late']);
  expect(upstream.changed).toEqual([]);
});

test('stop sends what is left, and does not wait for an upstream that is not well', async () => {
  await using sending = await openSending();
  sending.sender.start();
  await sending.append(names(10));
  await sending.sender.stop(5_000);
  expect(writtenNames()).toEqual(names(10));

  upstream.answer = () => ({ status: 503, headers: { 'retry-after': '3600' } });
  await using failing = await openSending();
  failing.sender.start();
  await failing.append(['left']);
  await vi.waitUntil(() => failing.outcomes.length === 1);
  // Longer than a test may take.
  await failing.sender.stop(3_600_000);
  expect(failing.outcomes.map(({ kind }) => kind)).toEqual(['unavailable', 'unavailable']);
});

test('a checkpoint whose last write was torn is the one before it', () => {
  const file = join(dir, 'progress');
  const before = { segment: 'a', from: 1, cuts: [] };
  const last = { segment: 'a', from: 2, cuts: [3, 4] };
  {
    using checkpoint = openCheckpoint(file);
    checkpoint.save(before);
    checkpoint.save(last);
  }
  {
    using checkpoint = openCheckpoint(file);
    expect(checkpoint.progress).toEqual(last);
  }
  const bytes = readFileSync(file);
  bytes.fill(0, bytes.indexOf('"from":2'), bytes.indexOf('"from":2') + 100);
  writeFileSync(file, bytes);
  using checkpoint = openCheckpoint(file);
  expect(checkpoint.progress).toEqual(before);
});

test('a batch that was answered too early is not changed by the next', async () => {
  const spool = await openSpool({ folder: join(dir, 'spool'), maxBytes: 2 ** 24 });
  const checkpoint = openCheckpoint(join(dir, 'checkpoint'));
  open.push(checkpoint);
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
    deadLettersFile: join(dir, 'dead.db'),
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
