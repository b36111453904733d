import { ProsoraError } from '@prosora/service';
import { type Change, type Update, waysBack } from './update-notes.ts';

/**
 * What leads back to before an update that is in place: all that were taken since, as one.
 *
 * @param to its number; the newest that is in place, without one
 * @throws ProsoraError `UPDATE_UNKNOWN`
 */
export function wayBack(updates: readonly Update[], to: number | undefined): Update {
  const taken = waysBack(updates);
  const number = to ?? taken.at(-1)?.number;
  const first = taken.find((update) => update.number === number);
  if (first === undefined) {
    throw new ProsoraError(
      'UPDATE_UNKNOWN',
      to === undefined ? 'No update is in place.' : `There is no way back from update ${to}.`,
      { help: '`prosora history` lists them; there is one from the last three that are in place.' },
    );
  }
  const undone = taken.filter((update) => update.number >= first.number);
  // The oldest says what a name meant before all of them, and what the database was.
  const changes = new Map<string, Change>();
  for (const change of undone.toReversed().flatMap((update) => update.changes)) {
    // A service's own image has another name in each release.
    const key = change.services.join() || change.reference;
    const later = changes.get(key);
    const { former, from } = change;
    changes.set(key, later ? { ...later, former, from } : change);
  }
  const settings = Object.assign({}, ...undone.toReversed().map((update) => update.settings));
  const { migrations, backup, stoppedAt } =
    undone.find(({ rehearsal }) => rehearsal?.migrates) ?? first;
  return {
    number: (updates.at(-1)?.number ?? 0) + 1,
    beganAt: new Date().toISOString(),
    step: 'going back',
    changes: [...changes.values()],
    settings,
    reason: `Back to before update ${first.number}.`,
    undoes: undone.map((update) => update.number),
    ...(migrations !== undefined && { migrations }),
    ...(backup !== undefined && { backup }),
    ...(stoppedAt !== undefined && { stoppedAt }),
  };
}
