import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { doWhatIsDue } from '../../src/ops/do-what-is-due.ts';
import { openNotes, type Run } from '../../src/ops/job-notes.ts';
import { type Outcome, outcomeOf } from '../../src/ops/run-job.ts';
import { jobsOf } from '../../src/ops/timetable.ts';

const OFF = {
  timeZone: 'UTC',
  backupAt: undefined,
  verifyAt: undefined,
  drillAt: undefined,
  updateAt: undefined,
  backupEvery: undefined,
};
const JOBS = jobsOf(OFF);
const WELL = outcomeOf(0, '{}');
const CUT_OFF = outcomeOf(137, '');
const BUSY = outcomeOf(1, '{"error": {"code": "BUSY", "message": "Another run is at it."}}');

/** Somebody asked for a backup, whose runs end so. */
function asked(...outcomes: Outcome[]) {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-ops-'));
  const ask = () => openNotes(dir, JOBS, new Date()).change({ asked: ['backup'] });
  ask();
  const runs: Run[] = [];
  return {
    runs,
    ask,
    notes: () => openNotes(dir, JOBS, new Date()).now,
    /** By a service that was just started. */
    look: () =>
      doWhatIsDue(JOBS, openNotes(dir, JOBS, new Date()), async (run) => {
        runs.push(run);
        const outcome = outcomes.shift();
        if (outcome === undefined) throw new Error('The service is killed here.');
        return outcome;
      }),
  };
}

test('a run is noted before it begins, so that a service that was killed goes on with the same', async () => {
  const { runs, notes, look } = asked();
  await expect(look()).rejects.toThrow('killed');
  expect(notes().running).toEqual(runs[0]);
  await expect(look()).rejects.toThrow('killed');
  expect(runs[1]).toEqual(runs[0]);
});

test('where nothing goes on from the last backup the next is taken at once, and nobody is told', async () => {
  const gap = outcomeOf(1, '{"error": {"code": "BACKUP_GAP", "message": "It does not go on."}}');
  const { notes, look } = asked(gap, WELL);
  expect(await look()).toEqual({ job: 'backup', failure: undefined });
  expect(notes()).toMatchObject({
    asked: ['backup'],
    ended: { backup: { at: expect.any(String) } },
  });
  await look();
  expect(notes().asked).toEqual([]);
});

test('a backup that helps nothing is not taken again and again: people are told', async () => {
  const gap = outcomeOf(1, '{"error": {"code": "BACKUP_NONE", "message": "There is none."}}');
  const { ask, notes, look } = asked(gap, WELL, gap);
  await look();
  await look();
  ask();
  expect(await look()).toEqual({ job: 'backup', failure: 'There is none.' });
  expect(notes().asked).toEqual([]);
});

test('a clock that was set back keeps nobody from the backup that mends it', async () => {
  const gap = outcomeOf(1, '{"error": {"code": "BACKUP_GAP", "message": "It does not go on."}}');
  const { ask, notes, look } = asked(WELL, gap);
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await look();
  vi.setSystemTime(Date.now() - 30 * 86_400_000);
  ask();
  expect(await look()).toEqual({ job: 'backup', failure: undefined });
  expect(notes().asked).toEqual(['backup']);
});

test('whoever is at it goes first, and what was due is done then', async () => {
  const { runs, notes, look } = asked(BUSY, BUSY, WELL);
  expect(await look()).toEqual({ job: 'backup', isBusy: true });
  expect(notes()).toMatchObject({ asked: ['backup'], ended: {} });
  await look();
  expect(await look()).toEqual({ job: 'backup', failure: undefined });
  expect(await look()).toBeUndefined();
  expect(runs).toHaveLength(3);
});

test('one that was cut off is run a second time, and no third', async () => {
  const { runs, notes, look } = asked(CUT_OFF, CUT_OFF, WELL);
  expect(await look()).toBeUndefined();
  expect(await look()).toMatchObject({ failure: 'It ended with 137 and did not say why.' });
  expect(await look()).toBeUndefined();
  expect(runs.map(({ isSecond }) => isSecond ?? false)).toEqual([false, true]);
  expect(notes().ended['backup']?.failure).toBeDefined();
});
