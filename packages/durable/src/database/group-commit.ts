import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { isStoreUnavailable, StoreConflictError, StoreMisusedError } from '../errors.ts';
import type { WritingConnection } from './database.ts';

/** How transactions are grouped. */
export interface GroupCommitOptions<Tables> {
  /** The one connection that writes. */
  connection: WritingConnection;
  /** Its queries. They are inside of a transaction whenever work runs. */
  tx: Transaction<Tables>;
  /** How long a transaction waits for a lock that another process holds. */
  busyTimeoutMs: number;
  /** Runs at the start of each group, inside its transaction. */
  afterBegin: (tx: Transaction<Tables>) => Promise<void>;
  /** Runs at the end of each group, inside its transaction. */
  beforeCommit: (tx: Transaction<Tables>) => Promise<void>;
  /** Runs after each group, committed or undone. */
  afterCommit: () => void;
}

/** Runs pieces of work in transactions that they may share. */
export interface GroupCommit<Tables> {
  /** Resolves once the work is on disk; rejects when all it wrote was undone. */
  run<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** @throws StoreMisusedError when called by work that holds the transaction: it would wait for itself. */
  assertOutside(): void;
}

interface Pending<Tables> {
  work: (tx: Transaction<Tables>) => Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Bounds how long a group holds the event loop. */
const maxGroup = 128;

/**
 * Work that arrives in the same turn of the event loop shares one transaction, hence one fsync: that is
 * what a commit costs. Each piece has a savepoint of its own, so one that fails undoes only itself.
 *
 * One group at a time, so pieces of one process never stand in each other's way. Only other processes can
 * hold a lock: waiting for SQLite's here, and not in its own busy handler, leaves the event loop free; and
 * a group that a deadlock of MySQL undid is run again.
 */
export function createGroupCommit<Tables>(
  options: GroupCommitOptions<Tables>,
): GroupCommit<Tables> {
  const { connection, tx, busyTimeoutMs, afterBegin, beforeCommit, afterCommit } = options;
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const pending: Pending<Tables>[] = [];
  let scheduled = false;

  function assertOutside(): void {
    if (inside.getStore()?.open !== true) return;
    throw new StoreMisusedError(
      'The store was called inside of a transaction without it',
      'Hand on the transaction: queue.add(id, payload, { tx }), tx.selectFrom(…).',
    );
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    // setImmediate: requests that were read in the same poll of the sockets all get in.
    setImmediate(() => void drain());
  }

  async function drain(): Promise<void> {
    await commit(pending.splice(0, maxGroup));
    scheduled = false;
    if (pending.length > 0) schedule();
  }

  async function commit(group: Pending<Tables>[]): Promise<void> {
    try {
      const answers = await attempt(group, performance.now() + busyTimeoutMs);
      afterCommit();
      for (const answer of answers) answer();
    } catch (error) {
      afterCommit();
      for (const item of group) item.reject(error);
    }
  }

  async function attempt(group: Pending<Tables>[], deadline: number): Promise<(() => void)[]> {
    const answers: (() => void)[] = [];
    await begin(deadline);
    try {
      await afterBegin(tx);
      for (const item of group) answers.push(await perform(item, group.length > 1));
      await beforeCommit(tx);
      await connection.commit();
      return answers;
    } catch (error) {
      await connection.rollback();
      if (!(error instanceof StoreConflictError) || performance.now() >= deadline) throw error;
      // Not at the same moment as the other one.
      await sleep(Math.random() * 20);
      return attempt(group, deadline);
    }
  }

  async function begin(deadline: number): Promise<void> {
    for (;;) {
      try {
        return await connection.begin();
      } catch (error) {
        if (!isStoreUnavailable(error) || performance.now() >= deadline) throw error;
        await sleep(10);
      }
    }
  }

  async function perform(
    { work, resolve, reject }: Pending<Tables>,
    shared: boolean,
  ): Promise<() => void> {
    const held = { open: true };
    try {
      if (shared) await sql`savepoint piece`.execute(tx);
      const value = await inside.run(held, () => work(tx));
      if (shared) await sql`release savepoint piece`.execute(tx);
      return () => resolve(value);
    } catch (error) {
      if (!shared || isStoreUnavailable(error)) throw error;
      await sql`rollback to savepoint piece`.execute(tx);
      await sql`release savepoint piece`.execute(tx);
      return () => reject(error);
    } finally {
      held.open = false;
    }
  }

  return {
    assertOutside,
    async run<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
      assertOutside();
      return new Promise<T>((resolve, reject) => {
        pending.push({ work, resolve: resolve as (value: unknown) => void, reject });
        schedule();
      });
    },
  };
}
