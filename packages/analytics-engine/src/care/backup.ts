import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ENDED_FILE } from '../database/journal.ts';
import type { Database } from '../database/supervisor.ts';
import { EngineError } from '../errors.ts';
import { rowCounts } from '../schema/existing.ts';
import { SERVED_FOLDER } from '../schema/served-project.ts';
import { stringLiteral } from '../template/literal.ts';

/** A copy of everything, taken while the engine served. */
export interface Backup {
  /** Such as `0007-2026-11-27T03-00-00Z`; a later one has a higher number whatever the clock says. */
  name: string;
  path: string;
  createdAt: Date;
  /** Rows by table. */
  rows: Readonly<Record<string, number>>;
}

/** Where things are. */
export interface BackupFolders {
  dataDir: string;
  backupDir: string;
}

const NAME = /^\d{4,}-\d{4}-\d{2}-\d{2}T[\d-]+Z$/;
/** A backup that was not finished, or whose removal was not. */
const LEFTOVER = /Z\.(partial|removed)$/;
/** Part of a backup: what ClickHouse wrote. */
export const DATABASE_FOLDER = 'database';

/** The backups of a folder, oldest first; those that cannot be read are left out. */
export async function listBackups(backupDir: string): Promise<Backup[]> {
  const names = (await readdir(backupDir).catch(() => [])).filter((name) => NAME.test(name));
  const backups = await Promise.all(names.map((name) => readBackup(join(backupDir, name))));
  return backups
    .filter((backup) => backup !== undefined)
    .sort((a, b) => backupNumber(a.name) - backupNumber(b.name));
}

async function readBackup(path: string): Promise<Backup | undefined> {
  try {
    const { createdAt, rows } = JSON.parse(await readFile(join(path, 'backup.json'), 'utf8'));
    return { name: basename(path), path, createdAt: new Date(createdAt), rows };
  } catch {
    return undefined;
  }
}

/**
 * Copies everything while the engine serves. Batches wait for it, so no view lacks what its table has.
 * It carries its name only once it is whole.
 *
 * @throws EngineError `DATABASE_UNAVAILABLE`, `DATABASE_BUSY`, `QUERY_FAILED` as when the disk is full
 */
export async function backUp(
  database: Database,
  { dataDir, backupDir }: BackupFolders,
  now: Date,
): Promise<Backup> {
  await mkdir(backupDir, { recursive: true, mode: 0o700 });
  const newest = (await listBackups(backupDir)).at(-1);
  const number = String(backupNumber(newest?.name ?? '0') + 1).padStart(4, '0');
  const name = `${number}-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  const path = join(backupDir, name);
  const draft = `${path}.partial`;
  try {
    const rows = await database.withoutWrites(async (connection) => {
      await mkdir(draft, { mode: 0o700 });
      const target = stringLiteral(join(draft, DATABASE_FOLDER));
      await connection.execute(`BACKUP DATABASE default TO File(${target})`);
      await cp(join(dataDir, ENDED_FILE), join(draft, ENDED_FILE));
      return Object.fromEntries(await rowCounts(connection));
    });
    await cp(join(dataDir, SERVED_FOLDER), join(draft, SERVED_FOLDER), { recursive: true });
    await writeFile(join(draft, 'backup.json'), JSON.stringify({ createdAt: now, rows }));
    await rename(draft, path);
    return { name, path, createdAt: now, rows };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Removes all but the newest few, and what interrupted backups left; none may be under way. */
export async function pruneBackups(backupDir: string, keep: number): Promise<void> {
  const backups = await listBackups(backupDir);
  for (const { path } of backups.slice(0, Math.max(0, backups.length - keep))) {
    // Half removed under its name it would still look like a backup.
    await rename(path, `${path}.removed`);
  }
  for (const name of await readdir(backupDir)) {
    if (LEFTOVER.test(name)) await rm(join(backupDir, name), { recursive: true });
  }
}

/** @throws EngineError `BACKUP_MISSING` */
export async function findBackup(backupDir: string, name?: string): Promise<Backup> {
  const backups = await listBackups(backupDir);
  const found = name === undefined ? backups.at(-1) : backups.find((one) => one.name === name);
  if (found) return found;
  const known = backups.map((backup) => backup.name).join(', ') || 'none';
  throw new EngineError(
    'BACKUP_MISSING',
    `There is no backup${name ? ` ${name}` : ''} in ${backupDir}. There: ${known}.`,
    { help: 'Set PROSORA_ENGINE_BACKUP_DIR to the folder that has it.' },
  );
}

/** The place of a backup among the others, by its name. */
export function backupNumber(name: string): number {
  return Number.parseInt(name, 10);
}
