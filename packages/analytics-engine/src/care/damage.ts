import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Logger } from '@prosora/service';
import type { Connection } from '../database/connection.ts';
import { EngineError } from '../errors.ts';
import { FILL_SETTINGS } from '../schema/backfill.ts';
import { BESIDE, rowCounts, rowsOf } from '../schema/existing.ts';
import { stringLiteral } from '../template/literal.ts';
import { type Backup, DATABASE_FOLDER } from './backup.ts';
import { readRowLedger } from './row-ledger.ts';

/** A table that lost rows, and how that was found. */
export interface Damage {
  table: string;
  reasons: string[];
}

/** Where broken parts are set aside. */
export const TORN_FOLDER = 'torn';

/**
 * Looks for tables that lost rows: parts that ClickHouse set aside because they are broken, rows that the
 * ledger knows of, and with `isThorough`, or when the ledger is torn itself, parts whose checksums do not
 * match.
 *
 * @param derived The tables that views write to.
 * @throws EngineError `DATA_TORN` when another one is gone altogether with rows in it.
 */
export async function findDamage(
  connection: Connection,
  dataDir: string,
  { derived, isThorough }: { derived: ReadonlySet<string>; isThorough: boolean },
): Promise<Damage[]> {
  const found = new Map<string, string[]>();
  const add = (table: string, reason: string): void =>
    void found.set(table, [...(found.get(table) ?? []), reason]);
  const ledger = await readRowLedger(dataDir);
  const counts = await rowCounts(connection);
  for (const [table, rows] of ledger ?? []) {
    const missing = rows - (counts.get(table) ?? 0);
    if (missing > 0) add(table, `${missing} rows are missing`);
  }
  const absent = [...found.keys()].filter((table) => !counts.has(table) && !derived.has(table));
  if (absent.length > 0) {
    throw new EngineError('DATA_TORN', `The data directory has lost ${absent.join(', ')}.`);
  }
  if (isThorough || !ledger) await detachBroken(connection);
  for (const { table, name } of await brokenParts(connection)) add(table, `${name} is broken`);
  return [...found].map(([table, reasons]) => ({ table, reasons }));
}

/** Moves broken parts out of the tables' folders, where the next start would find them again. */
export async function setBrokenPartsAside(
  connection: Connection,
  dataDir: string,
  now: Date,
): Promise<void> {
  for (const { table, path } of await brokenParts(connection)) {
    const folder = join(dataDir, TORN_FOLDER, now.toISOString().replaceAll(/[:.]/g, '-'), table);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(path, join(folder, basename(path)));
  }
}

/**
 * Adds the rows that a backup has and a table lacks. Views over it are left alone: they have what they
 * derived from these rows.
 *
 * @returns How many were added.
 */
export async function addFromBackup(
  connection: Connection,
  table: string,
  backup: Backup,
  logger: Logger,
): Promise<number> {
  const [from, lost] = [`${table}${BESIDE.backup}`, `${table}${BESIDE.next}`];
  const place = stringLiteral(join(backup.path, DATABASE_FOLDER));
  for (const name of [from, lost]) await connection.execute(`DROP TABLE IF EXISTS ${name} SYNC`);
  await connection.execute(`RESTORE TABLE default.${table} AS default.${from} FROM File(${place})`);
  await connection.execute(`CREATE TABLE ${lost} AS ${table}`);
  await connection.execute(
    `INSERT INTO ${lost} SELECT * FROM ${from}
    WHERE cityHash64(*) NOT IN (SELECT cityHash64(*) FROM ${table}) ${FILL_SETTINGS}`,
  );
  const [{ rows } = { rows: 0 }] = await rowsOf<{ rows: number }>(
    connection,
    `SELECT count() AS rows FROM ${lost}`,
  );
  const partitions = await rowsOf<{ id: string }>(
    connection,
    `SELECT DISTINCT _partition_id AS id FROM ${lost}`,
  );
  for (const { id } of partitions) {
    await connection.execute(
      `ALTER TABLE ${table} ATTACH PARTITION ID ${stringLiteral(id)} FROM ${lost}`,
    );
  }
  for (const name of [from, lost]) await connection.execute(`DROP TABLE ${name} SYNC`);
  logger.warn(
    { event: 'data.mended', table, rows, backup: backup.name },
    'added the rows that the backup has',
  );
  return rows;
}

async function brokenParts(
  connection: Connection,
): Promise<{ table: string; name: string; path: string }[]> {
  return await rowsOf(
    connection,
    // Without a reason it was detached by name, as below.
    `SELECT table, name, path FROM system.detached_parts
    WHERE database = currentDatabase() AND (reason LIKE 'broken%' OR reason = '')`,
  );
}

/** Reads every part and lets ClickHouse set those aside that do not match their checksums. */
async function detachBroken(connection: Connection): Promise<void> {
  const tables = await rowsOf<{ name: string }>(
    connection,
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  );
  for (const { name } of tables) {
    // As a statement of our own: reading a large table takes longer than a request may.
    const answer = await connection.execute(`CHECK TABLE ${name}`);
    const parts: { part_path: string; is_passed: number }[] = JSON.parse(answer.toString()).data;
    for (const part of parts.filter(({ is_passed }) => is_passed === 0)) {
      await connection.execute(
        `ALTER TABLE ${name} DETACH PART ${stringLiteral(basename(part.part_path))}`,
      );
    }
  }
}
