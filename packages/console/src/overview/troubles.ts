import { ago, type Problem } from '@prosora/service/look';
import type { Overlook } from './look-over.ts';
import type { Row } from './rows.ts';

/** Something that is wrong, and what to do about it. */
export interface Trouble {
  sentence: string;
  remedy: string | undefined;
}

/** What is wrong: what wakes people first, then what keeps parts from their work, then what they say of themselves. */
export function troublesOf(overlook: Overlook, rows: readonly Row[]): Trouble[] {
  const { alerts } = overlook;
  const open = alerts?.value?.items ?? [];
  const told = [...open]
    .sort((one, other) => rank(one.severity) - rank(other.severity))
    .map(({ summary, command }) => ({ sentence: summary, remedy: `\`${command}\` shows more.` }));
  const silent = Object.values(overlook)
    .map((answer) => (answer as { problem?: Problem } | undefined)?.problem)
    .filter((problem) => problem !== undefined)
    .map(({ message, help }) => ({ sentence: message, remedy: help }));
  const said = rows
    .filter(({ tone, state }) => (tone === 'bad' || tone === 'warn') && state !== 'no answer')
    .map((row) => ({ sentence: `${row.name}: ${row.said}`, remedy: undefined }));
  return oncePerSentence([...told, ...silent, ...said]);
}

/** The one sentence at night. */
export function sentenceOf({ ops }: Overlook, troubles: readonly Trouble[]): string {
  if (troubles.length === 1) return 'One thing is not as it should be.';
  if (troubles.length > 1) return `${troubles.length} things are not as they should be.`;
  const proven = ops?.value?.backups.proven;
  return `Everything is well.${proven ? ` Last proven backup ${ago(proven.at)}.` : ''}`;
}

function rank(severity: string): number {
  return severity === 'page' ? 0 : 1;
}

/** `ops` is asked three things, and is silent once. */
function oncePerSentence(troubles: readonly Trouble[]): Trouble[] {
  return [...new Map(troubles.map((trouble) => [trouble.sentence, trouble])).values()];
}
