import type { ListedUpdate } from '../services/ops-operations.ts';
import { inWords } from '../update/in-words.ts';
import type { Update } from '../update/update-notes.ts';

/** Updates as the operator API lists them, the newest first. */
export const tellUpdates = (updates: readonly Update[]): ListedUpdate[] =>
  updates.map(listed).reverse();

function listed(update: Update): ListedUpdate {
  const { number, beganAt, endedAt, step, outcome, reason, changes, rehearsal, watched } = update;
  return {
    number,
    beganAt,
    endedAt: endedAt ?? null,
    step,
    outcome: outcome ?? null,
    reason: reason ?? null,
    changes: changes.map(({ services, from, to }) => ({ services, from, to })),
    backup: update.backup ?? null,
    rehearsal: rehearsal ? { ...rehearsal, findings: [...(rehearsal.findings ?? [])] } : null,
    watched: watched ?? null,
    words: inWords(update),
  };
}
