import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../database/connection.ts';
import { ASIDE_FOLDER } from '../database/journal.ts';
import { EngineError } from '../errors.ts';
import { TORN_FOLDER } from './damage.ts';
import { REPLACED } from './restore.ts';

/** Where a table names a member. */
export interface MemberRows {
  table: string;
  columns: readonly string[];
  rows: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What Ghost's script says of a reader who is not signed in (`core/frontend/helpers/ghost_head.js`). */
const NOBODY = 'undefined';

/**
 * Looks for the id of a member, which page views of a signed-in reader carry: in the text columns of all tables,
 * those kept from an upgrade and the quarantine among them. Left out are the columns that a table is sorted by,
 * which cannot be changed. In Ghost's project they are sites, times, the visitor ids of a day, and addresses without
 * their query.
 *
 * @throws EngineError `REQUEST_INVALID` for what is no UUID
 */
export async function findMember(connection: Connection, uuid: string): Promise<MemberRows[]> {
  if (!UUID.test(uuid)) {
    throw new EngineError(
      'REQUEST_INVALID',
      `${JSON.stringify(uuid)} is not the UUID of a member.`,
    );
  }
  const found: MemberRows[] = [];
  for (const [table, columns] of await textColumns(connection)) {
    const isIn = columns.map((name) => isNamedIn(name, uuid));
    const [counts] = await ownRows<{ rows: number | string; byColumn: (number | string)[] }>(
      connection,
      `SELECT count() AS rows, [${isIn.map((one) => `countIf(${one})`).join(', ')}] AS byColumn
      FROM \`${table}\` WHERE ${isIn.join(' OR ')}`,
    );
    const rows = Number(counts?.rows ?? 0);
    if (rows === 0) continue;
    found.push({
      table,
      rows,
      columns: columns.filter((_, index) => Number(counts?.byColumn[index]) > 0),
    });
  }
  return found;
}

/**
 * Puts Ghost's word for nobody in place of a member's id. The rows stay, so charts keep their numbers; without the
 * id, views of one day belong together, and no more than that is known of their reader.
 *
 * @returns Where it was.
 * @throws EngineError `REQUEST_INVALID` for what is no UUID
 */
export async function eraseMember(connection: Connection, uuid: string): Promise<MemberRows[]> {
  const found = await findMember(connection, uuid);
  for (const { table, columns } of found) {
    const changes = columns.map(
      (name) => `\`${name}\` = replaceRegexpAll(\`${name}\`, '(?i)${uuid}', '${NOBODY}')`,
    );
    const isIn = columns.map((name) => isNamedIn(name, uuid));
    await connection.execute(
      `ALTER TABLE \`${table}\` UPDATE ${changes.join(', ')} WHERE ${isIn.join(' OR ')}
      SETTINGS mutations_sync = 1`,
    );
  }
  // A table keeps the last hundred of its changes as text, and these have the id in it.
  await connection.execute('KILL MUTATION WHERE database = currentDatabase() AND is_done');
  return found;
}

/** What lies beside the database in its folder and may name a member: all that was ever set aside. */
export async function setAsideIn(dataDir: string): Promise<string[]> {
  const isAside = (name: string): boolean =>
    name === TORN_FOLDER || name === ASIDE_FOLDER || name.startsWith(REPLACED);
  return (await readdir(dataDir)).filter(isAside).map((name) => join(dataDir, name));
}

async function textColumns(connection: Connection): Promise<Map<string, string[]>> {
  const columns = await ownRows<{ table: string; name: string }>(
    connection,
    `SELECT table, name FROM system.columns
    WHERE database = currentDatabase() AND NOT is_in_sorting_key AND NOT is_in_partition_key
      AND match(type, '^(LowCardinality\\\\(|Nullable\\\\()*String')
      AND table IN (
        SELECT name FROM system.tables
        WHERE database = currentDatabase() AND engine LIKE '%MergeTree')`,
  );
  const byTable = new Map<string, string[]>();
  for (const { table, name } of columns) byTable.set(table, [...(byTable.get(table) ?? []), name]);
  return byTable;
}

function isNamedIn(column: string, uuid: string): string {
  return `positionCaseInsensitive(\`${column}\`, '${uuid}') > 0`;
}

/** As a statement of our own: reading all texts takes longer than a request may. */
async function ownRows<Row>(connection: Connection, sql: string): Promise<Row[]> {
  return JSON.parse((await connection.execute(sql)).toString('utf8')).data;
}
