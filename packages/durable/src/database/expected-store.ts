import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Kysely } from 'kysely';
import { StoreMissingError, StoreUnavailableError } from '../errors.ts';
import { JOURNAL } from './migrations.ts';
import type { DurableTables } from './schema.ts';

/** How a store is told that it has to be there. */
export interface ExpectedStore {
  /** What a person does when none was there yet, as a sentence: `Run "prosora-mail init" once.` */
  toBegin: string;
}

/**
 * The name of an empty file beside a store that allows to make it, once: an installer leaves it in a folder
 * that is new, and the first store that is made there takes it away. A volume that is not mounted has none.
 */
export const PERMIT = 'new-store';

/**
 * Looks at a file before it is opened: opening makes it, and SQLite throws the log away that is beside an empty
 * one.
 *
 * @throws StoreMissingError when there is no file, or an empty one, and no permit beside it
 */
export function assertStoreFile(file: string, { toBegin }: ExpectedStore): void {
  const size = sizeOf(file);
  if (size || existsSync(permitOf(file))) return;
  throw missing(size === 0 ? `${file} is empty` : `There is no ${file}`, toBegin);
}

/**
 * Looks for tables in an opened database, before they would be made.
 *
 * @throws StoreMissingError when it has none and there is no permit
 */
export async function assertTables(
  db: Kysely<DurableTables>,
  place: { file: string } | { database: string },
  { toBegin }: ExpectedStore,
): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (tables.some(({ name }) => name === JOURNAL)) return;
  if ('file' in place && existsSync(permitOf(place.file))) return;
  const where = 'file' in place ? place.file : `The database ${place.database}`;
  throw missing(`${where} has no tables`, toBegin);
}

/** Takes the permit away: a store is there from now on. */
export function usePermit(file: string): void {
  rmSync(permitOf(file), { force: true });
}

const permitOf = (file: string): string => join(dirname(file), PERMIT);

/** @throws StoreUnavailableError when its folder cannot be read: the file may well be there */
function sizeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size;
  } catch (error) {
    throw new StoreUnavailableError('its folder can not be read', error);
  }
}

function missing(what: string, toBegin: string): StoreMissingError {
  return new StoreMissingError(
    `${what}, and a store is expected there.`,
    `Is its disk or volume mounted, and is the path right? Nothing was made, so nothing is lost. If this is the first start: ${toBegin}`,
  );
}
