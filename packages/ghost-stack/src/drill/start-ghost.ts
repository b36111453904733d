import { stripVTControlCharacters } from 'node:util';
import { ProsoraError } from '@prosora/service';
import { composeOf, type Place } from '../repository/place.ts';

/** A restored Ghost may have to bring its database to a newer version. */
const LONGEST_START_S = 900;

/**
 * Starts Ghost in a closed project, on what was restored there.
 *
 * @throws ProsoraError `NOT_HEALTHY` with what it said last
 */
export async function startGhost(place: Place, limitS = LONGEST_START_S): Promise<void> {
  const wait = ['up', '--detach', '--wait', '--wait-timeout', String(limitS)];
  await composeOf(place, [...wait, '--no-deps', 'ghost']).catch(async (cause: Error) => {
    const log = ['logs', '--no-log-prefix', '--no-color', '--tail', '30', 'ghost'];
    const said = linesIn(await composeOf(place, log).catch(() => ''));
    const why = said.slice(-15).join('\n') || cause.message.split('\n').at(-1);
    throw new ProsoraError('NOT_HEALTHY', `Ghost does not start there:\n${why}`, {
      help: 'The site itself is as it was.',
      cause,
    });
  });
}

const linesIn = (log: string): string[] =>
  stripVTControlCharacters(log)
    .split('\n')
    .filter((line) => line.trim() !== '');
