import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ClockGuard,
  openClockGuard,
  parseSavedClock,
  sentenceOf,
  trustClock,
} from '../../src/index.ts';
import {
  createSimulatedClocks,
  recordInMemory,
  type SimulatedClocks,
} from '../../src/testing/index.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TOLERANCE = 5 * MINUTE;

async function openWorld(notBeforeMs?: number) {
  const clocks = createSimulatedClocks();
  const record = recordInMemory(parseSavedClock);
  const open = () => openClockGuard({ record, clocks, notBeforeMs });
  return { clocks, record, open, guard: await open() };
}

test('a clock that goes on as it should is believed, and all three times are its time', async () => {
  const { clocks, guard } = await openWorld();
  for (let hour = 0; hour < 48; hour += 1) {
    clocks.pass(HOUR);
    expect(guard.doubt()).toBeUndefined();
    expect([guard.now(), guard.earliest(), guard.latest()]).toEqual(Array(3).fill(clocks.now()));
  }
});

test('after a jump ahead, time goes on from where it was, and the jump is what it may be at most', async () => {
  const { clocks, guard } = await openWorld();
  clocks.step(100 * DAY);
  clocks.pass(HOUR);
  expect(guard.now()).toBe(clocks.truth());
  expect(guard.earliest()).toBe(clocks.truth());
  expect(guard.latest()).toBe(clocks.now());
  expect(guard.doubt()).toMatchObject({ stepMs: 100 * DAY, isAbsenceUnknown: false });
});

test('after a jump back, time goes on from where it was, and the clock is what it may be at least', async () => {
  const { clocks, guard } = await openWorld();
  clocks.step(-10 * HOUR);
  clocks.pass(24 * HOUR);
  expect(guard.now()).toBe(clocks.truth());
  expect(guard.earliest()).toBe(clocks.now());
  expect(guard.latest()).toBe(clocks.truth());
});

test('a clock that comes back to where it should be is believed again by itself', async () => {
  const { clocks, guard } = await openWorld();
  clocks.step(73 * 365 * DAY);
  clocks.pass(MINUTE);
  expect(guard.doubt()).toBeDefined();
  clocks.correct();
  clocks.pass(MINUTE);
  expect(guard.doubt()).toBeUndefined();
  expect(guard.now()).toBe(clocks.truth());
});

test('a process that starts again knows of the jump, whatever happened meanwhile', async () => {
  const { clocks, open, guard } = await openWorld();
  clocks.step(2 * DAY);
  clocks.pass(HOUR);
  expect((await open()).doubt()).toMatchObject({ stepMs: 2 * DAY });
  expect((await open()).now()).toBe(clocks.truth());
  await guard.look();
  clocks.reboot(HOUR);
  expect((await open()).doubt()).toMatchObject({ stepMs: 2 * DAY + HOUR });
});

test('a clock that is wrong after a start of the machine is believed once a time server sets it', async () => {
  const { clocks, open } = await openWorld();
  clocks.reboot(HOUR);
  clocks.step(-20 * DAY);
  await open();
  clocks.reboot(HOUR);
  await open();
  clocks.pass(MINUTE);
  const guard = await open();
  expect(guard.doubt()).toBeDefined();
  clocks.correct();
  clocks.pass(MINUTE);
  expect(guard.doubt()).toBeUndefined();
  expect(guard.now()).toBe(clocks.truth());
});

test('a machine that was off for a month is believed, one that seems to have been off for a year is not', async () => {
  const { clocks, open } = await openWorld();
  clocks.reboot(30 * DAY);
  expect((await open()).doubt()).toBeUndefined();
  clocks.reboot(365 * DAY);
  expect((await open()).doubt()).toBeDefined();
});

test('a machine that starts with a clock that stood still trusts nothing to be fresh until it is set', async () => {
  const { clocks, record, open } = await openWorld();
  clocks.pass(HOUR);
  await (await open()).look();
  const lastLook = (await record.read())?.steadyMs;
  clocks.reboot(20 * HOUR);
  clocks.step(-30 * HOUR);
  const guard = await open();
  expect(guard.latest()).toBe(Number.POSITIVE_INFINITY);
  expect(guard.earliest()).toBe(clocks.now());
  expect(guard.now()).toBe(lastLook);
  clocks.correct();
  clocks.pass(MINUTE);
  expect(guard.doubt()).toBeUndefined();
  expect(guard.latest()).toBe(clocks.truth());
});

test('who says that the clock is right is heard at the next look, and by a service that was stopped', async () => {
  const { clocks, record, open, guard } = await openWorld();
  clocks.step(-3 * DAY);
  clocks.pass(MINUTE);
  expect(guard.doubt()).toBeDefined();
  expect(await trustClock(record)).toBe(true);
  await guard.look();
  expect(guard.doubt()).toBeUndefined();
  expect(guard.now()).toBe(clocks.now());

  clocks.step(9 * DAY);
  await guard.look();
  await trustClock(record);
  expect((await open()).doubt()).toBeUndefined();
  expect(await trustClock(recordInMemory(parseSavedClock))).toBe(false);
});

test('a store whose newest row is of last year is not purged by the first look at a clock of 2099', async () => {
  const newestRow = Date.UTC(2025, 11, 31);
  const clocks = createSimulatedClocks(Date.UTC(2026, 0, 1));
  clocks.step(73 * 365 * DAY);
  const record = recordInMemory(parseSavedClock);
  const guard = await openClockGuard({ record, clocks, notBeforeMs: newestRow });
  expect(guard.earliest()).toBe(newestRow);
});

test('whatever the clock does while the machine runs, time goes on at the real rate', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move(), { maxLength: 60 }), async (moves) => {
      const { clocks, open, guard: first } = await openWorld();
      let guard = first;
      let small = 0;
      for (const { passMs, stepMs, restarts, looks } of moves) {
        clocks.pass(passMs);
        clocks.step(stepMs);
        if (looks) await guard.look();
        if (restarts) guard = await open();
        small += TOLERANCE;
        expect(Math.abs(guard.now() - clocks.truth())).toBeLessThanOrEqual(small);
        expectTruthWithin(guard, clocks, small);
      }
    }),
  );
});

test('over starts of the machine, nothing is old before its time and nothing fresh after it', async () => {
  // One that is wrong by no more than the machine may have been off is right for all that anybody can tell.
  const wrong = fc.oneof(
    fc.integer({ min: 63 * DAY, max: 80 * 365 * DAY }),
    fc.integer({ min: -50 * 365 * DAY, max: -900 * DAY }),
  );
  const days = fc.tuple(fc.integer({ min: MINUTE, max: 40 * DAY }), fc.option(wrong));
  await fc.assert(
    fc.asyncProperty(fc.array(days, { maxLength: 20 }), async (boots) => {
      const { clocks, open } = await openWorld();
      for (const [index, [offMs, errorMs]] of boots.entries()) {
        clocks.correct();
        clocks.reboot(offMs);
        if (errorMs !== null) clocks.step(errorMs);
        const guard = await open();
        clocks.pass(DAY);
        expectTruthWithin(guard, clocks, (index + 1) * TOLERANCE);
        await guard.look();
      }
    }),
  );
});

test('a state that cannot be read is as none', () => {
  for (const text of ['', '{', '[]', '{"lastLook":1}', 'null']) {
    expect(parseSavedClock(text)).toBeUndefined();
  }
});

test('the sentence says when and how far', () => {
  const since = Date.UTC(2026, 4, 1);
  expect(sentenceOf({ since, stepMs: -3 * HOUR, isAbsenceUnknown: false })).toBe(
    "The machine's clock jumped at 2026-05-01T00:00:00.000Z and is 3 hours behind.",
  );
});

/** A second of what the guard does not ask for is within the tolerance. */
function expectTruthWithin(guard: ClockGuard, clocks: SimulatedClocks, slackMs: number): void {
  expect(guard.earliest()).toBeLessThanOrEqual(clocks.truth() + slackMs);
  expect(guard.latest()).toBeGreaterThanOrEqual(clocks.truth() - slackMs);
}

function move() {
  return fc.record({
    passMs: fc.integer({ min: 1_001, max: 3 * DAY }),
    stepMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -TOLERANCE, max: TOLERANCE }),
      fc.integer({ min: -40 * 365 * DAY, max: 40 * 365 * DAY }),
    ),
    restarts: fc.boolean(),
    looks: fc.boolean(),
  });
}
