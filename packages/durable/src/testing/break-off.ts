import { DatabaseSync } from 'node:sqlite';
import { StoreConnection } from '../mysql/mysql-connection.ts';

const WRITES = /^\s*(create|alter|drop|insert|update|delete)\b/i;
/** Kysely writes there that a step is done. */
const JOURNALS = /_migration\b/;

/**
 * Starts again and again on one place, until one gets through. Each start dies one statement later in a step of a
 * migration than the last: from there on every statement fails, so that nothing is tidied up, as when the process is
 * killed.
 *
 * @returns how many starts died
 * @throws what a start throws before it dies
 */
export async function breakOffStarts(start: () => Promise<void>): Promise<number> {
  for (let died = 0, count = 1; ; died++) {
    using broken = breakOffAfter(count);
    try {
      await start();
      return died;
    } catch (error) {
      if (!broken.hasDied()) throw error;
    }
    count = broken.isStepKept() ? 1 : count + 1;
  }
}

/** Lets so many statements write, on either database. */
function breakOffAfter(count: number): Disposable & { hasDied(): boolean; isStepKept(): boolean } {
  let written = 0;
  let hasDied = false;
  let isStepKept = false;
  function admit(sql: string): void {
    hasDied = written >= count;
    if (hasDied) throw new Error('The process was broken off.');
    if (WRITES.test(sql)) written += 1;
  }
  const { prepare } = DatabaseSync.prototype;
  const { executeQuery } = StoreConnection.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    for (const method of ['run', 'all'] as const) {
      const original = statement[method].bind(statement) as (...bound: unknown[]) => never;
      statement[method] = (...bound: unknown[]) => {
        admit(sql);
        return original(...bound);
      };
    }
    return statement;
  };
  StoreConnection.prototype.executeQuery = async function (query) {
    admit(query.sql);
    const result = await executeQuery.call(this, query);
    if (WRITES.test(query.sql) && JOURNALS.test(query.sql)) isStepKept = true;
    return result as never;
  };
  return {
    hasDied: () => hasDied,
    isStepKept: () => isStepKept,
    [Symbol.dispose]() {
      DatabaseSync.prototype.prepare = prepare;
      StoreConnection.prototype.executeQuery = executeQuery;
    },
  };
}
