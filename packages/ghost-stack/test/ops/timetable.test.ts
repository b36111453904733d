import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobsOf } from '../../src/ops/timetable.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
];
const OFF = {
  backupAt: undefined,
  verifyAt: undefined,
  drillAt: undefined,
  updateAt: undefined,
  backupEvery: undefined,
};
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const zone = fc.constantFrom(...ZONES);
const clock = fc
  .record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) })
  .map(({ hour, minute }) => [hour, minute].map((part) => String(part).padStart(2, '0')).join(':'));
/** Amid a minute: a time is there a second after it. */
const moment = fc
  .date({
    min: new Date('2024-01-01T00:00:00Z'),
    max: new Date('2030-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  .map((at) => new Date(Math.floor(at.getTime() / 60_000) * 60_000 + 30_000));

/** As a person in the zone reads it: `2026-03-29 03:00`, and the day of the week. */
function onTheWall(at: Date, timeZone: string): { day: string; time: string; weekday: string } {
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(at);
  const [day = '', time = ''] = text.split(' ');
  const weekday = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' }).format(at);
  return { day, time, weekday: weekday.toLowerCase() };
}

function backupOf(timeZone: string, backupAt: string) {
  const cron = jobsOf({ ...OFF, timeZone, backupAt })[0]?.cron;
  if (cron === undefined) throw new Error('There is no backup.');
  return {
    lastDue: (now: Date) => cron.previousRuns(1, now)[0],
    nextDue: (now: Date) => cron.nextRun(now) ?? undefined,
  };
}

const isMinutes = ({ name }: { name: string }): boolean => name === 'minutes';

test('each day of a zone has one time, on its clock, also where that is set forward or back', () => {
  fc.assert(
    fc.property(zone, clock, moment, (timeZone, at, from) => {
      const { nextDue } = backupOf(timeZone, at);
      const days: string[] = [];
      for (let now = from, left = 10; left > 0; left -= 1) {
        const due = nextDue(now);
        if (due === undefined) throw new Error('There is no next time.');
        const { day, time } = onTheWall(due, timeZone);
        days.push(day);
        // What the clock leaps over is done at the first moment after.
        if (time !== at) {
          const before = onTheWall(new Date(due.getTime() - 60_000), timeZone);
          expect([before.time < at, time > at]).toEqual([true, true]);
        }
        now = due;
      }
      expect(new Set(days).size).toBe(days.length);
      expect(Date.parse(days.at(-1) ?? '') - Date.parse(days[0] ?? '')).toBe(9 * DAY_MS);
    }),
  );
});

test.each([
  ['Europe/Berlin', '02:30', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
  ['Europe/Berlin', '02:30', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
  ['Europe/Berlin', '02:30', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
  ['Australia/Lord_Howe', '02:15', '2026-10-03T03:00:00Z', '2026-10-03T15:30:00.000Z'],
])('%s at %s, after %s, is %s', (timeZone, at, after, due) => {
  expect(backupOf(timeZone, at).nextDue(new Date(after))?.toISOString()).toBe(due);
});

test('what was due last and what is next have nothing between them', () => {
  fc.assert(
    fc.property(zone, clock, moment, (timeZone, at, now) => {
      const { lastDue, nextDue } = backupOf(timeZone, at);
      const last = lastDue(now);
      const next = nextDue(now);
      if (last === undefined || next === undefined) throw new Error('A time is missing.');
      expect(last.getTime()).toBeLessThanOrEqual(now.getTime());
      expect(next.getTime()).toBeGreaterThan(now.getTime());
      expect(nextDue(last)).toEqual(next);
      expect(next.getTime() - last.getTime()).toBeLessThanOrEqual(DAY_MS + 2 * HOUR_MS);
    }),
  );
});

test('with a day it is once a week, on that day', () => {
  fc.assert(
    fc.property(zone, fc.constantFrom('mon', 'wed', 'sun'), moment, (timeZone, day, now) => {
      const due = backupOf(timeZone, `${day} 04:45`).nextDue(now);
      if (due === undefined) throw new Error('There is no next time.');
      expect(onTheWall(due, timeZone)).toMatchObject({ time: '04:45', weekday: day });
      expect(due.getTime() - now.getTime()).toBeLessThanOrEqual(7 * DAY_MS + 2 * HOUR_MS);
    }),
  );
});

test('what was written since is due every so many minutes, whatever the clock of the zone does', () => {
  fc.assert(
    fc.property(
      zone,
      fc.constantFrom('1', '5', '15', '60'),
      moment,
      (timeZone, backupEvery, now) => {
        const cron = jobsOf({ ...OFF, timeZone, backupEvery }).find(isMinutes)?.cron;
        const [first, second] = cron?.nextRuns(2, now) ?? [];
        if (!first || !second) throw new Error('There is no next time.');
        const everyMs = Number(backupEvery) * 60_000;
        expect(first.getTime() - now.getTime()).toBeLessThanOrEqual(everyMs);
        expect(second.getTime() - first.getTime()).toBe(everyMs);
      },
    ),
  );
});

test('what is off is never due, and can still be asked for', () => {
  const jobs = jobsOf({ ...OFF, timeZone: 'UTC' });
  expect(jobs.map(({ name }) => name)).toEqual(['backup', 'verify', 'drill', 'minutes', 'update']);
  expect(jobs.every(({ cron }) => cron === undefined)).toBe(true);
});
