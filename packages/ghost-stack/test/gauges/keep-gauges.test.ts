import { createLogger, createMetrics } from '@prosora/service';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepGauges, type Readings, type Subject } from '../../src/gauges/keep-gauges.ts';

let stopped: AbortController;
let lines: string[];
beforeEach(() => {
  stopped = new AbortController();
  lines = [];
});
afterEach(() => stopped.abort());

/** What is told, line by line, without what says what it means and without Node's own. */
function keep(reads: Record<string, Subject['read']>, isRead = async () => true) {
  const registry = createMetrics('ops');
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ name: 'ops', level: 'info', secrets: [], destination });
  const subjects = Object.entries(reads).map(([of, read]) => ({ of, scrapes: 1, read }));
  keepGauges(registry, { subjects, isRead, scrapeMs: 5, logger, signal: stopped.signal });
  return async () =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('prosora_'));
}

const kinds = (...counts: [string, number][]): Readings => ({
  prosora_things_total: ['kind', new Map(counts)],
});

test('what was read last is told, as a counter or as a value', async () => {
  let count = 0;
  const told = keep({
    things: async () => {
      count += 1;
      return { ...kinds(['a', count]), prosora_thing_up: 0 };
    },
  });
  await vi.waitFor(async () => {
    expect(await told()).toEqual([
      'prosora_reading_up{of="things",service="ops"} 1',
      expect.stringMatching(/^prosora_things_total\{kind="a",service="ops"\} \d+$/),
      'prosora_thing_up{service="ops"} 0',
    ]);
    expect(count).toBeGreaterThan(2);
  });
});

test('what cannot be read any more is not told, and the log has it once', async () => {
  let reads = 0;
  const told = keep({
    things: async () => {
      reads += 1;
      if (reads > 1) throw new Error('gone');
      return { ...kinds(['a', 1]), prosora_thing_up: 1 };
    },
  });
  await vi.waitFor(async () => {
    expect(reads).toBeGreaterThan(4);
    expect(await told()).toEqual(['prosora_reading_up{of="things",service="ops"} 0']);
  });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'reading.failed', of: 'things', reason: 'gone' },
  ]);
});

test('a kind that is not there any more is gone, too', async () => {
  let reads = 0;
  const told = keep({
    things: async () => {
      reads += 1;
      return reads === 1 ? kinds(['a', 1], ['b', 1]) : kinds(['b', 1]);
    },
  });
  await vi.waitFor(async () => {
    expect((await told()).slice(1)).toEqual(['prosora_things_total{kind="b",service="ops"} 1']);
  });
});

test('one that hangs holds up no other', async () => {
  let reads = 0;
  const told = keep({
    hangs: () => new Promise(() => {}),
    goes: async () => {
      reads += 1;
      return {};
    },
  });
  await vi.waitFor(async () => {
    expect(reads).toBeGreaterThan(2);
    expect(await told()).toEqual(['prosora_reading_up{of="goes",service="ops"} 1']);
  });
});

test('nothing is looked at while nobody reads it', async () => {
  let isRead = true;
  let reads = 0;
  const read = async () => {
    reads += 1;
    return kinds(['a', 1]);
  };
  const told = keep({ things: read }, async () => isRead);
  await vi.waitFor(() => expect(reads).toBeGreaterThan(0));
  isRead = false;
  await vi.waitFor(async () => expect(await told()).toEqual([]));
  const before = reads;
  isRead = true;
  await vi.waitFor(() => expect(reads).toBeGreaterThan(before));
});

test('while nobody can say whether it is read, it is looked at as before', async () => {
  let isAway = false;
  let reads = 0;
  const isRead = async () => {
    if (isAway) throw new Error('Docker does not answer.');
    return true;
  };
  const read = async () => {
    reads += 1;
    return {};
  };
  const told = keep({ site: read }, isRead);
  await vi.waitFor(() => expect(reads).toBeGreaterThan(0));
  isAway = true;
  const before = reads;
  await vi.waitFor(() => expect(reads).toBeGreaterThan(before + 1));
  expect(await told()).toEqual(['prosora_reading_up{of="site",service="ops"} 1']);
});
