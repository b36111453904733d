import { randomUUID } from 'node:crypto';
import type { TinybirdEvents } from '@prosora/service';
import { type DeadLetter, removeDeadLetter } from './dead-letters.ts';
import type { PlacedLetter } from './lane-dead-letters.ts';

/** How letters are sent again. */
export interface ReplayOptions {
  /** Sends to a data source; without a name to that of page hits. */
  tinybirdFor: (datasource: string | undefined) => TinybirdEvents;
  /** Also what the upstream has already, wholly or in part. (Default: false) */
  anyway?: boolean | undefined;
}

/**
 * Sends a dead letter again, after what kept it out was mended. It goes under the name it had, so the engine counts
 * none twice. What the upstream has already, wholly or in part, is only sent when `anyway`; of a batch that is in
 * quarantine in part, the rows that are not then count twice, also at the engine.
 *
 * @returns why it stays; `undefined` when it is through
 */
export async function replay(
  { file, letter }: Pick<PlacedLetter, 'file' | 'letter'>,
  { tinybirdFor, anyway = false }: ReplayOptions,
): Promise<string | undefined> {
  if (letter.kind !== 'refused' && !anyway) {
    return `${letter.kind}: sending it again would double rows (--anyway)`;
  }
  const ndjson = letter.rows.map((row) => JSON.stringify(row)).join('\n');
  const outcome = await tinybirdFor(letter.datasource).send(ndjson, nameFor(letter));
  if (outcome.kind !== 'accepted') return outcome.reason;
  if (outcome.quarantined > 0) return `${outcome.quarantined} are in quarantine`;
  removeDeadLetter(file, letter);
  return undefined;
}

/** The engine has a batch that is in quarantine in part, and would drop it: sent on purpose, it is a new one. */
function nameFor({ batch, kind }: DeadLetter): string {
  return kind === 'quarantined' ? `replay-${randomUUID()}` : batch;
}
