import type { Migrations, Store } from '@prosora/durable';
import type { Kysely } from 'kysely';

/** What is kept beside the queues. */
export interface JobTables {
  recurring: RecurringTable;
}

/** One row a type of job that Ghost runs at times. */
interface RecurringTable {
  type: string;
  cron: string;
  /** The last tick that was added or passed over, in ms of the wall clock. */
  last_tick: number;
}

export type JobStore = Store<JobTables>;

export const migrations: Migrations = {
  '001-recurring': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('recurring')
        .addColumn('type', 'varchar(255)', (column) => column.primaryKey())
        .addColumn('cron', 'varchar(255)', (column) => column.notNull())
        .addColumn('last_tick', 'integer', (column) => column.notNull())
        .execute();
    },
  },
};

/** The queue of due callbacks. */
export const CALLBACKS = 'callbacks';

/** The name in the store of a queue that Ghost declares. */
export const laneQueue = (name: string): string => `jobs:${name}`;

/** The queues of jobs of which the store knows, declared or not. */
export async function knownLanes(store: JobStore): Promise<string[]> {
  const names: string[] = [];
  for (let last = laneQueue(''); ; ) {
    const next = await store.db
      .selectFrom('job')
      .select('queue')
      .where('queue', '>', last)
      .orderBy('queue')
      .limit(1)
      .executeTakeFirst();
    if (!next?.queue.startsWith(laneQueue(''))) return names;
    names.push(next.queue.slice(laneQueue('').length));
    last = next.queue;
  }
}
