import { CompiledQuery, type Driver } from 'kysely';
import type { Pool, PoolConnection } from 'mysql2/promise';
import type { WritingConnection } from '../database/database.ts';
import { StoreMisusedError } from '../errors.ts';
import { StoreConnection } from './mysql-connection.ts';
import { asMysqlStoreError } from './mysql-errors.ts';

async function take(pool: Pool, Connection = StoreConnection): Promise<StoreConnection> {
  try {
    return new Connection(await pool.getConnection());
  } catch (error) {
    throw asMysqlStoreError(error);
  }
}

/** A connection after a failure may be half dead, or in a state nobody knows: the pool makes a new one. */
function giveBack({ raw, failed }: StoreConnection): void {
  if (failed) (raw as PoolConnection).destroy();
  else (raw as PoolConnection).release();
}

const noTransactions = async () => {
  throw new StoreMisusedError(
    'A transaction was begun on a connection that has none',
    'Write with store.transaction(…).',
  );
};

/** Runs each statement on a connection of the pool, which `Connection` hands to Kysely. */
export function createPoolDriver(pool: Pool, Connection = StoreConnection): Driver {
  return {
    init: async () => undefined,
    acquireConnection: () => take(pool, Connection),
    releaseConnection: async (connection) => giveBack(connection as StoreConnection),
    beginTransaction: noTransactions,
    commitTransaction: noTransactions,
    rollbackTransaction: noTransactions,
    destroy: () => pool.end(),
  };
}

/** Runs all statements on one connection, from `begin` to `commit` or `rollback`. */
export function createWritingDriver(pool: Pool): { driver: Driver; connection: WritingConnection } {
  let held: StoreConnection | undefined;

  async function run(sql: string): Promise<void> {
    await held?.executeQuery(CompiledQuery.raw(sql));
  }

  function letGo(): void {
    if (held !== undefined) giveBack(held);
    held = undefined;
  }

  const connection: WritingConnection = {
    async begin() {
      held = await take(pool);
      try {
        await run('begin');
      } catch (error) {
        letGo();
        throw error;
      }
    },
    async commit() {
      await run('commit');
      letGo();
    },
    async rollback() {
      // A connection that fails here is destroyed, and the server undoes what it had begun.
      await run('rollback').catch(() => undefined);
      letGo();
    },
  };

  return {
    connection,
    driver: {
      ...createPoolDriver(pool),
      acquireConnection: async () => held ?? noTransactions(),
      releaseConnection: async () => undefined,
    },
  };
}
