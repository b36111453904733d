import { createLogger } from '@prosora/service';
import { beforeEach, expect, test } from 'vitest';
import type { Backup } from '../src/care/backup.ts';
import type { Care } from '../src/care/care.ts';
import { firstKeptMonth } from '../src/care/retention.ts';
import { doWhatIsDue } from '../src/care/schedule.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-05-01T00:00:00Z');

let done: string[];
let backups: Backup[];
let now: number;
let state: { lastLook: number; isDoubted: boolean } | undefined;
let fails: string | undefined;

beforeEach(() => {
  done = [];
  backups = [];
  now = START;
  state = undefined;
  fails = undefined;
});

const note = (what: string) => {
  if (fails === what) throw new Error('no');
  done.push(what);
};

const care: Care = {
  async backup() {
    note('backup');
    const backup = { name: `${backups.length}`, path: '/', createdAt: new Date(now), rows: {} };
    backups.push(backup);
    return backup;
  },
  async retention() {
    note('retention');
    return [];
  },
  count: async () => note('count'),
  backups: async () => backups,
  export: async () => ({ rows: 0 }),
  confirm: async () => [],
};

const write = async (next: typeof state): Promise<void> => {
  state = next;
};

async function look(hours: number): Promise<string[]> {
  now += hours * HOUR_MS;
  done = [];
  await doWhatIsDue({
    care,
    clock: { read: async () => state, write },
    backupHours: 24,
    retentionMonths: 24,
    now: () => new Date(now),
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  return done;
}

test('a backup is taken at the first look and then once a day', async () => {
  expect(await look(0)).toEqual(['count', 'backup', 'retention']);
  expect(await look(1)).toEqual(['count', 'retention']);
  expect(await look(23)).toEqual(['count', 'backup', 'retention']);
});

test('what fails is tried again, and the rest is done', async () => {
  fails = 'backup';
  expect(await look(0)).toEqual(['count', 'retention']);
  fails = undefined;
  expect(await look(1)).toContain('backup');
});

test('a clock that jumps ahead removes nothing, then or later', async () => {
  await look(0);
  expect(await look(24 * 365 * 10)).toEqual(['count', 'backup']);
  expect(await look(1)).toEqual(['count']);
  // By hand it is `prosora-engine retention`, which takes the doubt away.
  state = { lastLook: now, isDoubted: false };
  expect(await look(1)).toEqual(['count', 'retention']);
});

test('a clock that steps back does not end the backups', async () => {
  await look(0);
  expect(await look(-24 * 365)).toContain('backup');
  expect(await look(1)).not.toContain('backup');
});

test('an engine that was off for two months removes what is due, after longer it waits', async () => {
  await look(0);
  expect(await look(24 * 61)).toContain('retention');
  expect(await look(24 * 63)).not.toContain('retention');
});

test.each([
  ['2026-05-31T23:59:59Z', 24, '202405'],
  ['2026-01-01T00:00:00Z', 1, '202512'],
  ['2024-02-29T12:00:00Z', 12, '202302'],
])('at %s %i whole months begin with %s', (at, months, first) => {
  expect(firstKeptMonth(new Date(at), months)).toBe(first);
});
