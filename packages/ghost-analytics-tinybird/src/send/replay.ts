import { randomUUID } from 'node:crypto';
import type { TinybirdEvents } from '@prosora/service';
import { type DeadLetter, markReplayed, readDeadLetters } from './dead-letters.ts';

/** What became of one letter. */
export interface Replayed {
  letter: DeadLetter;
  /** Why it stays; `undefined` when it is through. */
  stays?: string | undefined;
}

/**
 * Sends dead letters again, after what kept them out was mended. Each goes under the name it had, so the
 * engine counts none twice. What the upstream has already, wholly or in part, is only sent when `anyway`;
 * of a batch that is in quarantine in part, the rows that are not then count twice, also at the engine.
 *
 * @param tinybirdFor sends to a data source; without a name to that of page hits
 * @param batch the one to send (Default: all)
 */
export async function* replay(
  file: string,
  tinybirdFor: (datasource: string | undefined) => TinybirdEvents,
  { batch, anyway = false }: { batch?: string | undefined; anyway?: boolean } = {},
): AsyncGenerator<Replayed> {
  for (const letter of readDeadLetters(file)) {
    if (batch !== undefined && letter.batch !== batch) continue;
    if (letter.kind !== 'refused' && !anyway) {
      yield { letter, stays: `${letter.kind}: sending it again would double rows (--anyway)` };
      continue;
    }
    const ndjson = letter.rows.map((row) => JSON.stringify(row)).join('\n');
    const outcome = await tinybirdFor(letter.datasource).send(ndjson, nameFor(letter));
    if (outcome.kind === 'accepted' && outcome.quarantined === 0) markReplayed(file, letter);
    yield { letter, stays: whyItStays(outcome) };
  }
}

/** The engine has a batch that is in quarantine in part, and would drop it: sent on purpose, it is a new one. */
function nameFor({ batch, kind }: DeadLetter): string {
  return kind === 'quarantined' ? `replay-${randomUUID()}` : batch;
}

function whyItStays(outcome: Awaited<ReturnType<TinybirdEvents['send']>>): string | undefined {
  if (outcome.kind !== 'accepted') return outcome.reason;
  return outcome.quarantined === 0 ? undefined : `${outcome.quarantined} are in quarantine`;
}
