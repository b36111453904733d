import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLogger, fileClockRecord, openClockGuard } from '@prosora/service';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clockDoubtIn, clockRecordOf, trustClockIn } from '../../src/visitor/clock.ts';
import { openMidnightVisitors } from '../../src/visitor/midnight-visitors.ts';
import { openSalts } from '../../src/visitor/salts.ts';
import { createVisitorId } from '../../src/visitor/visitor-id.ts';
import { FIREFOX, SITE } from '../fixtures/hits.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse('2026-09-01T12:00:00Z');

/** A machine whose wall clock can be wrong, and a collector's visitor ids on it. */
async function machine() {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-clock-'));
  let truth = START;
  let errorMs = 0;
  const clocks = {
    now: () => truth + errorMs,
    uptimeMs: () => truth - START,
    bootId: 'boot',
  };
  const logger = createLogger({ name: 'collector', level: 'silent' });
  const guard = await openClockGuard({ record: clockRecordOf(dir, dir, logger), clocks });
  const file = join(dir, 'salts.json');
  const idOf = createVisitorId(
    openSalts({ file, timeZone: 'UTC', now: guard.now }),
    openMidnightVisitors(join(dirname(file), 'midnight-visitors')),
  );
  return {
    dir,
    guard,
    id: () => idOf({ site_uuid: SITE, address: '203.0.113.7', userAgent: FIREFOX }),
    saved: () => JSON.parse(readFileSync(file, 'utf8')),
    day: () => new Date(truth).toISOString().slice(0, 10),
    async pass(ms: number) {
      truth += ms;
      await guard.look();
    },
    async set(wrongByMs: number) {
      errorMs = wrongByMs;
      truth += 2_000;
      await guard.look();
    },
  };
}

test('after one look at 2099 the visitor ids of 400 days still change each day, and only then', async () => {
  const here = await machine();
  const ids = new Map<string, Set<string>>();
  const see = () => {
    const of = ids.get(here.day()) ?? new Set();
    ids.set(here.day(), of.add(here.id()));
  };
  see();
  await here.set(73 * 365 * DAY_MS);
  see();
  await here.pass(HOUR_MS);
  see();
  await here.set(0);
  for (let times = 0; times < 500; times += 1) {
    await here.pass(20 * HOUR_MS);
    see();
  }
  const all = [...ids.values()];
  expect(all.length).toBeGreaterThanOrEqual(400);
  expect(all.every((of) => of.size === 1)).toBe(true);
  expect(new Set(all.flatMap((of) => [...of])).size).toBe(all.length);
}, 120_000);

test('a clock that somebody found right after a jump gives the salt of its day', async () => {
  const here = await machine();
  const before = here.id();
  await here.set(100 * DAY_MS);
  expect(here.id()).toBe(before);
  expect(await clockDoubtIn(here.dir)).toMatchObject({ isAbsenceUnknown: false });
  expect(await trustClockIn(here.dir)).toBe(true);
  await here.pass(60_000);
  expect(await clockDoubtIn(here.dir)).toBeUndefined();
  expect(here.id()).not.toBe(before);
  expect(here.saved().day).toBe(new Date(START + 100 * DAY_MS).toISOString().slice(0, 10));
});

test('whatever the wall clock shows, a salt lasts a true day and its predecessor half an hour', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          passMs: fc.integer({ min: 60_000, max: 20 * HOUR_MS }),
          wrongByMs: fc.oneof(fc.constant(0), fc.integer({ min: -(10 ** 12), max: 10 ** 13 })),
        }),
        { maxLength: 40 },
      ),
      async (walk) => {
        const here = await machine();
        const days = new Map([[here.id(), here.day()]]);
        for (const { passMs, wrongByMs } of walk) {
          await here.set(wrongByMs);
          await here.pass(passMs);
          const id = here.id();
          const { day, previous } = here.saved();
          // Corrections of minutes are followed, so at midnight itself two clocks may disagree.
          expect(Math.abs(Date.parse(day) - Date.parse(here.day()))).toBeLessThanOrEqual(DAY_MS);
          const first = Date.parse(days.get(id) ?? here.day());
          expect(Date.parse(here.day()) - first).toBeLessThanOrEqual(DAY_MS);
          if (!days.has(id)) days.set(id, here.day());
          if (previous) expect(previous.untilMs - here.guard.now()).toBeLessThanOrEqual(HOUR_MS);
        }
      },
    ),
    { numRuns: 20 },
  );
}, 30_000);

test('a lane that has not looked yet begins with what the data directory knows', async () => {
  const here = await machine();
  await here.set(100 * DAY_MS);
  const logger = createLogger({ name: 'collector', level: 'silent' });
  const lane = mkdtempSync(join(here.dir, 'lane-'));
  const record = clockRecordOf(here.dir, lane, logger);
  expect((await record.read())?.doubt).toBeDefined();
  // A folder that is gone stands for a disk that takes nothing: sending goes on.
  const lost = clockRecordOf(here.dir, join(here.dir, 'lane-9'), logger);
  await lost.write({ ...(await record.read()), bootId: 'x' } as never);
  expect(await fileClockRecord(join(lane, 'clock.json')).read()).toBeUndefined();
});
