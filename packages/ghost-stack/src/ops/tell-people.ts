import { type Finding, fail, ok } from '@prosora/service';
import { examineBackups } from '../doctor/examine-backups.ts';
import { reach, type Telling } from '../notify/reach.ts';
import type { BackupNotes } from '../repository/notes.ts';
import type { JobNotes } from './job-notes.ts';
import { MINUTES } from './timetable.ts';

/** What a run noted of itself, and its job says too. */
const TOLD_BY_JOBS = ['last backup', 'last drill', 'damage', MINUTES];

/** What people are told of: how each job ended, and what no job says. */
export function findingsOf({ ended }: JobNotes, backups: BackupNotes, now: Date): Finding[] {
  const jobs = Object.entries(ended).map(([job, { failure }]) =>
    failure === undefined ? ok(job, 'It is well.') : fail(job, failure),
  );
  const others = [...examineBackups(backups, now)];
  return [...jobs, ...others.filter(({ name }) => !TOLD_BY_JOBS.includes(name))];
}

/**
 * Tells people of each thing that fails, and again when it is well: once, however often it is looked at. What reached
 * nobody is tried again the next time.
 *
 * @param told what they were told of, by the name of the finding
 * @returns the same from now on
 */
export async function tellPeople(
  findings: readonly Finding[],
  told: Readonly<Record<string, string>>,
  telling: Telling,
): Promise<Record<string, string>> {
  const next = { ...told };
  for (const { name, status, sentence, remedy } of findings) {
    const isWell = status === 'ok';
    if (status === 'warn' || isWell !== name in told) continue;
    const text = [sentence, remedy].filter(Boolean).join(' ');
    const title = `${telling.site}: ${name} ${isWell ? 'is well again' : 'needs you'}`;
    const isTold = await reach({ title, text, kind: isWell ? 'good' : 'problem' }, telling);
    if (isTold && isWell) delete next[name];
    else if (isTold) next[name] = text;
  }
  return next;
}
