import { DatabaseSync } from 'node:sqlite';
import { SandboxError } from '../errors.ts';

/** Records of one kind, by key; what `put` returned from is on disk. */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  /** True when there was something to delete. */
  delete(key: string): boolean;
  /** All of them, ordered by key. */
  values(): T[];
  clear(): void;
}

/** The records of all stand-ins of one sandbox. */
export interface State {
  /** How often this folder has been opened, this time included. */
  readonly boots: number;
  collection<T>(name: string): Collection<T>;
  /** Makes all changes of a synchronous function one. */
  transaction(change: () => void): void;
  close(): void;
}

/**
 * Opens the state file of a sandbox: SQLite, so that a process killed at any moment leaves every
 * answered change whole. One process at a time.
 *
 * @throws SandboxError `SANDBOX_DATA_DIR` when another process holds the file or it is not ours.
 */
export function openState(file: string): State {
  try {
    const db = new DatabaseSync(file);
    // Exclusive before WAL: a second sandbox on the folder fails here instead of mixing its files in.
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
    );
    const boots = nextBoot(db);
    return {
      boots,
      collection: (name) => openCollection(db, name),
      transaction: (change) => transact(db, change),
      close: () => db.close(),
    };
  } catch (cause) {
    throw new SandboxError('SANDBOX_DATA_DIR', `Cannot use ${file}: ${(cause as Error).message}.`, {
      help: 'Stop the other sandbox that uses this folder, or choose another one.',
      cause,
    });
  }
}

function nextBoot(db: DatabaseSync): number {
  db.exec(`CREATE TABLE IF NOT EXISTS boots (id INTEGER PRIMARY KEY AUTOINCREMENT)`);
  return Number(db.prepare('INSERT INTO boots DEFAULT VALUES').run().lastInsertRowid);
}

function transact(db: DatabaseSync, change: () => void): void {
  db.exec('BEGIN');
  try {
    change();
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function openCollection<T>(db: DatabaseSync, name: string): Collection<T> {
  const table = `"${name.replaceAll('"', '')}"`;
  db.exec(`CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY, value TEXT NOT NULL)`);
  const select = db.prepare(`SELECT value FROM ${table} WHERE key = ?`);
  const selectAll = db.prepare(`SELECT value FROM ${table} ORDER BY key`);
  const upsert = db.prepare(
    `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  );
  const remove = db.prepare(`DELETE FROM ${table} WHERE key = ?`);
  // Rows are only ever written by `put`, so their shape is known.
  const parse = (row: Record<string, unknown>): T => JSON.parse(String(row['value']));
  return {
    get: (key) => {
      const row = select.get(key);
      return row === undefined ? undefined : parse(row);
    },
    put: (key, value) => void upsert.run(key, JSON.stringify(value)),
    delete: (key) => remove.run(key).changes > 0,
    values: () => selectAll.all().map(parse),
    clear: () => db.exec(`DELETE FROM ${table}`),
  };
}
