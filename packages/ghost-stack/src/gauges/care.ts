import { type BackupNotes, readNotes } from '../repository/notes.ts';
import { type ListedContainer, listContainers } from '../stack/docker-socket.ts';
import { isAtWork } from '../stack/one-at-a-time.ts';
import { readWaiting } from '../update/tell-of-updates.ts';
import { readUpdates, type Update } from '../update/update-notes.ts';
import type { Readings, Subject } from './keep-gauges.ts';

/** What `ops` has noted of its jobs, as far as it is looked at. */
export interface TaskNotes {
  ended: Readonly<Record<string, { at: string; failure?: string | undefined }>>;
  running?: { job: string } | undefined;
}

/** All that was noted. */
export interface CareNotes {
  backups: BackupNotes;
  tasks: TaskNotes;
  updates: readonly Update[];
  waiting: readonly string[];
  /** Somebody changes the site, or takes its memory for a proof. */
  isRunning: boolean;
}

/** These change the site, or need its memory beside it. */
const CARE = ['drill', 'update'];

/** No restore takes that long, but a question of `init` that nobody answers does, and what a killed drill left. */
const LONGEST_MS = 6 * 3_600_000;

/**
 * Believes that something is so for a while on end alone, by a clock that does not jump: what it mutes would else be
 * muted for ever.
 */
export function believedFor(
  longestMs: number,
  nowMs: () => number = () => performance.now(),
): (isSo: boolean) => boolean {
  let sinceMs: number | undefined;
  return (isSo) => {
    sinceMs = isSo ? (sinceMs ?? nowMs()) : undefined;
    return sinceMs !== undefined && nowMs() - sinceMs <= longestMs;
  };
}

/** A rehearsal that failed stays, stopped, to be looked at: it takes no memory from anybody. */
export const anyRuns = (containers: Iterable<Pick<ListedContainer, 'State'>>): boolean =>
  [...containers].some(({ State }) => State === 'running');

const secondsOf = (at: string): number => Date.parse(at) / 1_000;

/** The notes as numbers; a time that nobody has noted is not told. */
export function readCareNotes(notes: CareNotes): Readings {
  const { backups, tasks, updates, waiting, isRunning } = notes;
  const times = Object.entries({
    prosora_backup_first_seconds: backups.since,
    prosora_backup_newest_seconds: backups.newest?.at,
    prosora_backup_proven_seconds: backups.proven?.at,
    prosora_backup_minutes_seconds: backups.minutes?.at,
  }).flatMap(([name, at]) => (at === undefined ? [] : [[name, secondsOf(at)] as const]));
  const ended = Object.entries(tasks.ended);
  const last = updates.at(-1);
  const isHalf = last !== undefined && last.endedAt === undefined && !isRunning;
  // Who went back on purpose knows it.
  const isUndone = last?.outcome === 'undone' && last.undoes === undefined;
  return {
    ...Object.fromEntries(times),
    prosora_backup_damaged: backups.damage === undefined ? 0 : 1,
    prosora_task_end_seconds: [
      'task',
      new Map(ended.map(([task, { at }]) => [task, secondsOf(at)])),
    ],
    prosora_task_failed: [
      'task',
      new Map(ended.map(([task, { failure }]) => [task, failure ? 1 : 0])),
    ],
    prosora_update_failed: isHalf || isUndone ? 1 : 0,
    prosora_updates_waiting: waiting.length,
    prosora_care_running: isRunning ? 1 : 0,
  };
}

/** What `prosora` and the jobs of `ops` have noted. */
export function watchCare(folder: string, project: string, tasks: () => TaskNotes): Subject {
  const believed = believedFor(LONGEST_MS);
  return {
    of: 'care',
    scrapes: 1,
    async read(signal) {
      const { running } = tasks();
      const isBeside = async (purpose: string) =>
        anyRuns((await listContainers(`${project}-${purpose}`, signal)).values());
      const isSo =
        CARE.includes(running?.job ?? '') ||
        isAtWork(folder) ||
        (await isBeside('drill')) ||
        (await isBeside('rehearsal'));
      return readCareNotes({
        backups: readNotes(folder),
        tasks: tasks(),
        updates: readUpdates(folder),
        waiting: readWaiting(folder),
        isRunning: believed(isSo),
      });
    },
  };
}
