import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterRun, nextRun, openNotes } from '../../src/ops/job-notes.ts';
import { jobsOf } from '../../src/ops/timetable.ts';

const JOBS = jobsOf({
  timeZone: 'UTC',
  backupAt: '03:15',
  backupEvery: undefined,
  verifyAt: undefined,
  drillAt: 'sun 04:45',
  updateAt: undefined,
});
/** A Sunday. */
const SUNDAY = '2026-11-29';
const at = (time: string) => new Date(`${time}Z`);
const folder = () => mkdtempSync(join(tmpdir(), 'prosora-ops-'));

/** A service that looks at these times, and whose runs take no time. */
function lookAt(dir: string, times: readonly Date[]): string[] {
  const done: string[] = [];
  for (const now of times) {
    const notes = openNotes(dir, JOBS, now);
    for (let left = 5; left > 0; left -= 1) {
      const run = nextRun(JOBS, notes.now, now);
      if (run === undefined) break;
      done.push(`${run.job} ${run.slot?.slice(0, 10) ?? 'asked'}`);
      notes.change({ running: run });
      notes.change(afterRun(notes.now, run, { at: now.toISOString() }));
    }
  }
  return done;
}

test('a first start makes nothing up, and each night has one backup', () => {
  const times = [at(`${SUNDAY}T12:00:00`), at('2026-11-30T03:14:59'), at('2026-11-30T03:15:01')];
  expect(lookAt(folder(), [...times, at('2026-11-30T03:16:00')])).toEqual(['backup 2026-11-30']);
});

test('what was missed is made up once within a day, the newest alone, and later no more', () => {
  const dir = folder();
  lookAt(dir, [at('2026-11-25T12:00:00')]);
  // Down over four nights and the drill.
  expect(lookAt(dir, [at(`${SUNDAY}T18:00:00`), at(`${SUNDAY}T18:00:01`)])).toEqual([
    `backup ${SUNDAY}`,
    `drill ${SUNDAY}`,
  ]);
  const weekly = folder();
  lookAt(weekly, [at('2026-11-25T12:00:00')]);
  expect(lookAt(weekly, [at('2026-11-30T05:00:00')])).toEqual(['backup 2026-11-30']);
});

test('however often and whenever it is looked, no time is taken twice', () => {
  const minutes = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(minutes, (steps) => {
      let now = at('2026-11-25T12:00:00').getTime();
      const times = [0, ...steps].map((step) => {
        now += step * 60_000;
        return new Date(now);
      });
      const done = lookAt(folder(), times);
      expect(new Set(done).size).toBe(done.length);
    }),
    { numRuns: 30 },
  );
});

test('a clock that went back a month keeps nothing from being done', () => {
  const dir = folder();
  lookAt(dir, [at('2026-12-28T12:00:00'), at('2026-12-29T12:00:00')]);
  expect(lookAt(dir, [at(`${SUNDAY}T12:00:00`)])).toEqual([`backup ${SUNDAY}`, `drill ${SUNDAY}`]);
  expect(lookAt(dir, [at('2026-11-30T12:00:00')])).toEqual(['backup 2026-11-30']);
});

test('what somebody asked for comes first, once, and outlives a service that was killed', () => {
  const dir = folder();
  openNotes(dir, JOBS, at('2026-11-29T12:00:00')).change({ asked: ['drill'] });
  expect(lookAt(dir, [at('2026-11-30T03:15:30')])).toEqual(['drill asked', 'backup 2026-11-30']);
});

test('a run under way is found by the next start, unless nobody knows that job any more', () => {
  const dir = folder();
  const now = at(`${SUNDAY}T12:00:00`);
  const running = { job: 'drill', slot: now.toISOString(), begunAt: 7 };
  openNotes(dir, JOBS, now).change({ running });
  expect(openNotes(dir, JOBS, now).now.running).toEqual(running);
  const fewer = JOBS.filter(({ name }) => name !== 'drill');
  expect(openNotes(dir, fewer, now).now.running).toBeUndefined();
});

test('a start that has nothing to note writes nothing, since the disk may be full', () => {
  const dir = folder();
  openNotes(dir, JOBS, at(`${SUNDAY}T12:00:00`)).change({ asked: ['backup'] });
  // Where the new notes would stand nothing can be written.
  mkdirSync(join(dir, 'jobs.json.new'));
  expect(openNotes(dir, JOBS, at(`${SUNDAY}T12:01:00`)).now.asked).toEqual(['backup']);
});
