import { afterRun, type KeptNotes, nextRun, type Run } from './job-notes.ts';
import type { Outcome } from './run-job.ts';
import { BACKUP, type Job } from './timetable.ts';

/** What became of a run: somebody else was at it, or it is done, and why it failed if it did. */
export type Done = { job: string; isBusy: true } | { job: string; failure: string | undefined };

/** One that helps nothing is not taken again and again. */
const BETWEEN_BACKUPS_MS = 3_600_000;

/**
 * Ends the run that is under way, or begins the one that is due and ends that. One that was cut off is run a second
 * time; one that found somebody else at it stays due, and after one that has nothing to go on from a backup is taken.
 *
 * @returns undefined when there is nothing to do, or no end yet
 */
export async function doWhatIsDue(
  jobs: readonly Job[],
  notes: KeptNotes,
  work: (run: Run, job: Job) => Promise<Outcome>,
): Promise<Done | undefined> {
  const run = notes.now.running ?? nextRun(jobs, notes.now, new Date());
  const job = jobs.find(({ name }) => name === run?.job);
  if (!run || !job) return undefined;
  notes.change({ running: run });
  const { isBusy, isCutOff, needsBackup, failure } = await work(run, job);
  if (isBusy) {
    notes.change({ running: undefined });
    return { job: job.name, isBusy };
  }
  if (isCutOff && !run.isSecond) {
    notes.change({ running: { ...run, begunAt: Date.now(), isSecond: true } });
    return undefined;
  }
  const now = new Date();
  const at = now.toISOString();
  // A last one of a later time is no reason to wait: the clock went back.
  const sinceBackup = Math.abs(now.getTime() - lastBackup(notes));
  const mends = needsBackup && sinceBackup > BETWEEN_BACKUPS_MS;
  const told = mends ? undefined : failure;
  const after = afterRun(notes.now, run, { at, failure: told });
  const { asked = [] } = after;
  const isNew = mends && !asked.includes(BACKUP);
  notes.change(isNew ? { ...after, asked: [...asked, BACKUP] } : after);
  return { job: job.name, failure: told };
}

function lastBackup({ now }: KeptNotes): number {
  return Date.parse(now.ended[BACKUP]?.at ?? '') || 0;
}
