import type { OpenSqliteClient, SqliteClient } from '../database/clients.ts';

/** The part of `better-sqlite3` that is used. It is no dependency: whoever has it hands it over. */
export type BetterSqlite = new (
  file: string,
  options: { timeout: number },
) => {
  exec(sql: string): unknown;
  prepare(sql: string): {
    reader: boolean;
    all(parameters: unknown[]): unknown[];
    run(parameters: unknown[]): { changes: number; lastInsertRowid: number | bigint };
    iterate(parameters: unknown[]): IterableIterator<unknown>;
  };
  readonly inTransaction: boolean;
  close(): unknown;
};

/** SQLite's result codes by the names that `better-sqlite3` gives, https://www.sqlite.org/rescode.html. */
const codes: Record<string, number> = {
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  CONSTRAINT_UNIQUE: 2067,
};

/** Makes a client out of `better-sqlite3`. */
export function betterSqlite(Database: BetterSqlite): OpenSqliteClient {
  return (file, timeout): SqliteClient => {
    const database = guard(() => new Database(file, { timeout }));
    return {
      exec: (sql) => guard(() => database.exec(sql)),
      prepare(sql) {
        const statement = guard(() => database.prepare(sql));
        return {
          reader: statement.reader,
          all: (parameters) => guard(() => statement.all(parameters.map(bind))),
          run: (parameters) => guard(() => statement.run(parameters.map(bind))),
          iterate: (parameters) => statement.iterate(parameters.map(bind)),
        };
      },
      get isTransaction() {
        return database.inTransaction;
      },
      close: () => database.close(),
    };
  };
}

/** It takes bytes as a Buffer only. */
function bind(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function guard<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const name = error instanceof Error && 'code' in error ? String(error.code) : '';
    const [, full = '', primary = ''] = /^SQLITE_((\w+?)(?:_\w+)?)$/.exec(name) ?? [];
    const errcode = codes[full] ?? codes[primary];
    throw errcode === undefined ? error : Object.assign(error as Error, { errcode });
  }
}
