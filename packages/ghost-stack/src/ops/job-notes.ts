import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { OpenAlerts } from '../alerts/open-alerts.ts';
import type { Job } from './timetable.ts';

/** A run of a job. */
export interface Run {
  job: string;
  /** The time of the timetable that it is for, as ISO has it; undefined when somebody asked for it. */
  slot?: string | undefined;
  /** In milliseconds: part of its container's name. */
  begunAt: number;
  /** The one before it was cut off. */
  isSecond?: boolean;
}

/** What outlives the service: on disk before each run, and again after it. */
export interface JobNotes {
  /** The last time of the timetable that was taken care of, by job. */
  slots: Record<string, string>;
  /** By job: when its last run ended, and why it failed, with what to do. */
  ended: Record<string, { at: string; failure?: string | undefined }>;
  /** Under way: a service that was killed finds it, and waits for its container. */
  running?: Run | undefined;
  /** Jobs that somebody asked for, in that order. */
  asked: string[];
  /** What people were told of and have not heard the end of, by the name of the finding. */
  told: Record<string, string>;
  /** What Alertmanager posted and has not been told to be over. */
  alerts?: OpenAlerts;
}

/** Notes in a file that is replaced whole. */
export interface KeptNotes {
  readonly now: JobNotes;
  change(changes: Partial<JobNotes>): void;
}

/**
 * Opens the notes in a folder. What the timetable had before the first start is nobody's fault and not made up.
 *
 * @throws Error when there is something to note and the folder cannot be written
 */
export function openNotes(dataDir: string, jobs: readonly Job[], now: Date): KeptNotes {
  const file = join(dataDir, 'jobs.json');
  const kept: KeptNotes = {
    now: existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : { slots: {}, ended: {}, asked: [], told: {} },
    change(changes) {
      Object.assign(this.now, changes);
      writeFileSync(`${file}.new`, JSON.stringify(this.now), { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      // The new name is on disk with its folder.
      const folder = openSync(dataDir, 'r');
      fsyncSync(folder);
      closeSync(folder);
    },
  };
  const first = Object.fromEntries(jobs.map(({ name }) => [name, now.toISOString()]));
  // A run of another version may be of a job that this one does not know.
  const { running } = kept.now;
  const isStrange = running !== undefined && !jobs.some(({ name }) => name === running.job);
  const changes = {
    slots: { ...first, ...kept.now.slots },
    ...(isStrange && { running: undefined }),
  };
  // A disk that is full keeps no service from starting that has nothing new to note.
  if (!isDeepStrictEqual({ ...kept.now, ...changes }, kept.now)) kept.change(changes);
  return kept;
}

const DAY_MS = 86_400_000;

/**
 * The run that is to begin now: what somebody asked for, else what the timetable has. What was missed is made up once,
 * within a day. Notes of a later day than today say that the clock went back, and count for nothing.
 */
export function nextRun(jobs: readonly Job[], notes: JobNotes, now: Date): Run | undefined {
  const begunAt = now.getTime();
  const [asked] = notes.asked;
  if (asked !== undefined) return { job: asked, begunAt };
  for (const { name: job, cron } of jobs) {
    const slot = cron?.previousRuns(1, now)[0];
    if (slot === undefined || begunAt - slot.getTime() > DAY_MS) continue;
    const done = Date.parse(notes.slots[job] ?? '');
    if (slot.getTime() <= done && done <= begunAt + DAY_MS) continue;
    return { job, slot: slot.toISOString(), begunAt };
  }
  return undefined;
}

/** What changes in the notes once a run has ended. */
export function afterRun(
  { ended, asked, slots }: JobNotes,
  { job, slot }: Run,
  outcome: JobNotes['ended'][string],
): Partial<JobNotes> {
  return {
    running: undefined,
    ended: { ...ended, [job]: outcome },
    asked: slot === undefined ? asked.filter((name) => name !== job) : asked,
    slots: slot === undefined ? slots : { ...slots, [job]: slot },
  };
}
