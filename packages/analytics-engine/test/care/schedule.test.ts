import { createLogger, openClockGuard, parseSavedClock } from '@prosora/service';
import {
  createSimulatedClocks,
  recordInMemory,
  type SimulatedClocks,
} from '@prosora/service/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Backup } from '../../src/care/backup.ts';
import type { Care } from '../../src/care/care.ts';
import { firstKeptMonth } from '../../src/care/retention.ts';
import { doWhatIsDue } from '../../src/care/schedule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONTHS = 24;

/** An engine on a machine whose clock can be set, and the events it still has, by month. */
async function openWorld() {
  const clocks = createSimulatedClocks(Date.UTC(2026, 4, 1));
  const clock = await openClockGuard({ record: recordInMemory(parseSavedClock), clocks });
  const world = {
    clocks,
    clock,
    done: [] as string[],
    backups: [] as Backup[],
    /** The first month that is there still, such as `202405`. */
    firstMonth: '000000',
    fails: undefined as string | undefined,
    /** Lets hours pass and looks at what is due; returns what was done. */
    async look(hours: number): Promise<string[]> {
      clocks.pass(hours * HOUR_MS);
      await clock.look();
      world.done = [];
      const logger = createLogger({ name: 'test', level: 'silent' });
      await doWhatIsDue({ care, clock, backupHours: 24, retentionMonths: MONTHS, logger });
      return world.done;
    },
  };
  const note = (what: string) => {
    if (world.fails === what) throw new Error('no');
    world.done.push(what);
  };
  const care: Care = {
    async backup() {
      note('backup');
      const createdAt = new Date(clock.now());
      const backup = { name: `${world.backups.length}`, path: '/', createdAt, rows: {} };
      world.backups.push(backup);
      return backup;
    },
    async retention() {
      note('retention');
      const first = firstKeptMonth(new Date(clock.earliest()), MONTHS);
      if (first > world.firstMonth) world.firstMonth = first;
      return [];
    },
    count: async () => note('count'),
    backups: async () => world.backups,
    export: async () => ({ rows: 0 }),
    confirm: async () => [],
    erase: async () => ({ found: [], copies: [] }),
  };
  return world;
}

type World = Awaited<ReturnType<typeof openWorld>>;

/** The first month that may be gone by the time as it truly is. */
const dueMonth = (clocks: SimulatedClocks): string =>
  firstKeptMonth(new Date(clocks.truth()), MONTHS);

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

test('a backup is taken at the first look and then once a day', async () => {
  expect(await world.look(0)).toEqual(['count', 'backup', 'retention']);
  expect(await world.look(1)).toEqual(['count', 'retention']);
  expect(await world.look(23)).toEqual(['count', 'backup', 'retention']);
});

test('what fails is tried again, and the rest is done', async () => {
  world.fails = 'backup';
  expect(await world.look(0)).toEqual(['count', 'retention']);
  world.fails = undefined;
  expect(await world.look(1)).toContain('backup');
});

describe.each([
  ['ahead', 73 * 365 * DAY_MS],
  ['back', -20 * 365 * DAY_MS],
  ['ahead by a day', DAY_MS],
])('a clock that jumps %s', (_, stepMs) => {
  test('removes no event that is not old', async () => {
    await world.look(0);
    const before = world.firstMonth;
    world.clocks.step(stepMs);
    await world.look(1);
    await world.look(1);
    expect(world.firstMonth).toBe(before);
  });

  test('neither ends the backups nor replaces them by copies of one hour', async () => {
    await world.look(0);
    world.clocks.step(stepMs);
    expect(await world.look(1)).not.toContain('backup');
    expect(await world.look(22)).not.toContain('backup');
    expect(await world.look(1)).toContain('backup');
    world.clocks.correct();
    expect(await world.look(1)).not.toContain('backup');
  });
});

test('what has become old is removed while the clock is wrong, as time goes on', async () => {
  await world.look(0);
  world.clocks.step(73 * 365 * DAY_MS);
  for (let day = 0; day < 40; day += 1) await world.look(24);
  expect(world.firstMonth).toBe(dueMonth(world.clocks));
});

test('a clock that a person takes for right is believed when it comes to what is old', async () => {
  await world.look(0);
  world.clocks.step(365 * DAY_MS);
  await world.look(1);
  world.clock.trust();
  await world.look(1);
  expect(world.firstMonth).toBe(firstKeptMonth(new Date(world.clocks.now()), MONTHS));
});

test('whatever the clock does, no event goes before its time and a backup is taken each day', async () => {
  const step = fc.record({
    kind: fc.constantFrom('pass', 'jump', 'correct'),
    hours: fc.integer({ min: 1, max: 48 }),
    stepMs: fc.integer({ min: -80 * 365 * DAY_MS, max: 80 * 365 * DAY_MS }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const walk = await openWorld();
      await walk.look(0);
      let lastBackup = walk.clocks.truth();
      for (const { kind, hours, stepMs } of steps) {
        if (kind === 'jump') walk.clocks.step(stepMs);
        if (kind === 'correct') walk.clocks.correct();
        for (let hour = 0; hour < hours; hour += 1) {
          const isTaken = (await walk.look(1)).includes('backup');
          const sinceMs = walk.clocks.truth() - lastBackup;
          // A correction of a few minutes is believed, so a backup may come that much early.
          if (isTaken) expect(sinceMs).toBeGreaterThanOrEqual(DAY_MS - HOUR_MS);
          if (isTaken) lastBackup = walk.clocks.truth();
          else expect(sinceMs).toBeLessThanOrEqual(DAY_MS + HOUR_MS);
          expect(walk.firstMonth <= dueMonth(walk.clocks)).toBe(true);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['2026-05-31T23:59:59Z', 24, '202405'],
  ['2026-01-01T00:00:00Z', 1, '202512'],
  ['2024-02-29T12:00:00Z', 12, '202302'],
])('at %s %i whole months begin with %s', (at, months, first) => {
  expect(firstKeptMonth(new Date(at), months)).toBe(first);
});
