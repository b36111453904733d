import type { Place } from '../repository/place.ts';
import { ask, nameOf } from '../restore/ask-database.ts';

/** Ghost's own table of what was done to its database (knex-migrator): as one text, to be compared. */
export async function migrationsIn(place: Place): Promise<string> {
  const table = `\`${nameOf(place)}\`.migrations`;
  return (await ask(place, `SELECT version, name FROM ${table} ORDER BY name, version;`)).join(
    '\n',
  );
}

/**
 * Whether a migration holds the lock that it was killed with, so that no Ghost starts any more
 * (https://github.com/TryGhost/Ghost/issues/19131).
 */
export async function isLocked(place: Place): Promise<boolean> {
  const table = `\`${nameOf(place)}\`.migrations_lock`;
  return (await ask(place, `SELECT locked FROM ${table};`)).includes('1');
}
