import { type Finding, fail } from '@prosora/service';
import type { BackupNotes } from '../repository/notes.ts';

export const isProof = (findings: readonly Finding[]): boolean =>
  findings.every(({ status }) => status === 'ok');

/** What becomes of the notes: a former failure stays where less was shown than what failed. */
export function notesOf(
  backup: { run: string; at: string },
  findings: readonly Finding[],
): BackupNotes {
  const failed = failedOf(findings);
  if (failed.length > 0) return { drillFailure: failed.map(({ sentence }) => sentence).join(' ') };
  if (!isProof(findings)) return { databaseProven: backup };
  return { proven: backup, databaseProven: undefined, drillFailure: undefined };
}

/** The former failure where it stays, so that nobody hears that all is well again. */
export function leftOpen(
  findings: readonly Finding[],
  { drillFailure }: Pick<BackupNotes, 'drillFailure'>,
): Finding[] {
  if (drillFailure === undefined || isProof(findings) || failedOf(findings).length > 0) return [];
  const remedy =
    '`prosora drill --on ssh://USER@HOST`, or with more memory free, restores all of it.';
  return [fail('last drill', drillFailure, remedy)];
}

const failedOf = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ status }) => status === 'fail');
