import type { SQLInputValue } from 'node:sqlite';
import type { OpenSqliteClient } from '../database/clients.ts';

/** Node's own client, loaded only where it is used: Node 22 warns of it. */
export async function nodeSqlite(): Promise<OpenSqliteClient> {
  const { DatabaseSync } = await import('node:sqlite');
  return (file, timeoutMs) => {
    const database = new DatabaseSync(file, { timeout: timeoutMs });
    return {
      exec: (sql) => database.exec(sql),
      prepare(sql) {
        const statement = database.prepare(sql);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...bind(parameters)),
          run: (parameters) => statement.run(...bind(parameters)),
          iterate: (parameters) => statement.iterate(...bind(parameters)),
        };
      },
      get isTransaction() {
        return database.isTransaction;
      },
      close: () => database.close(),
    };
  };
}

function bind(parameters: readonly unknown[]): SQLInputValue[] {
  // `node:sqlite` throws on what it can not store, so the cast only spares a second check.
  return parameters as SQLInputValue[];
}
