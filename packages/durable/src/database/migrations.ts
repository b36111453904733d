import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { isStoreUnavailable, StoreMisusedError } from '../errors.ts';
import { hasManyWriters } from './database.ts';
import { keepCounts } from './running-counts.ts';
import { lineSlots } from './schema.ts';

/**
 * Numbered migrations by name; names sort in the order they were written: `001-…`, `002-…`.
 *
 * Written once for both databases: `integer` has 64 bits, `text` and `blob` any length, and a column in an
 * index is a `varchar(n)`. Names and ids compare byte by byte.
 *
 * A process may die amid a step. SQLite undoes the step then; MySQL keeps the statements that ran, and the next start
 * runs the step again from its first: what is made or dropped already counts as done, as does an insert whose key is
 * there, and an update has to bear the repetition.
 */
export type Migrations = Record<string, Migration>;

/** Names the steps that the queue's own tables have taken, so it is there wherever a store is. */
export const JOURNAL = 'durable_migration';

const durableMigrations: Migrations = {
  '001-jobs': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('job')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('queue', 'varchar(64)', (column) => column.notNull())
        .addColumn('id', 'varchar(255)', (column) => column.notNull())
        .addColumn('state', 'varchar(16)', (column) => column.notNull())
        .addColumn('rank', 'integer', (column) => column.notNull())
        .addColumn('grp', 'varchar(255)')
        .addColumn('supersedes', 'varchar(255)')
        .addColumn('available_at', 'integer', (column) => column.notNull())
        .addColumn('due_at', 'integer', (column) => column.notNull())
        .addColumn('added_at', 'integer', (column) => column.notNull())
        .addColumn('leased_at', 'integer')
        .addColumn('attempt', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('failing_since', 'integer')
        .addColumn('settled_at', 'integer')
        .addColumn('payload', 'blob')
        .addColumn('reason', 'text')
        .addUniqueConstraint('job_by_id', ['queue', 'id'])
        .execute();

      // `due_at` is what orders the jobs of each state, so one index serves claiming (rank, seq), what
      // becomes due, what is oldest and what may be purged. SQLite and InnoDB end it with the primary key.
      await db.schema
        .createIndex('job_by_state')
        .on('job')
        .columns(['queue', 'state', 'rank', 'due_at'])
        .execute();
      // The two below leave out rows they do not concern, to keep adding cheap. MySQL has no partial
      // index, so its dialect makes full ones; they serve the same queries, because each names the column with `=`.
      await db.schema
        .createIndex('job_by_group')
        .on('job')
        .columns(['queue', 'grp', 'state', 'rank'])
        .where('grp' as never, 'is not', null as never)
        .execute();
      await db.schema
        .createIndex('job_by_supersedes')
        .on('job')
        .columns(['queue', 'supersedes', 'state'])
        .where('supersedes' as never, 'is not', null as never)
        .execute();

      await db.schema
        .createTable('job_payload')
        .addColumn('seq', 'integer', (column) => column.primaryKey())
        .addColumn('large_payload', 'blob', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('job_attempt')
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('attempt', 'integer', (column) => column.notNull())
        .addColumn('started_at', 'integer', (column) => column.notNull())
        .addColumn('ended_at', 'integer', (column) => column.notNull())
        .addColumn('outcome', 'text', (column) => column.notNull())
        .addColumn('reason', 'text')
        .addPrimaryKeyConstraint('job_attempt_by_job', ['seq', 'attempt'])
        .execute();
      await db.schema
        .createTable('store_clock')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('mark', 'integer', (column) => column.notNull())
        .execute();
      await sql`insert into ${sql.table('store_clock')} (id, mark) values (1, 0)`.execute(db);
    },
  },
  '002-line-locks': {
    async up(db: Kysely<never>) {
      if (!hasManyWriters(db)) return;
      await db.schema
        .createTable('line_lock')
        .addColumn('slot', 'integer', (column) => column.primaryKey())
        .execute();
      const slots = Array.from({ length: lineSlots }, (_, slot) => sql`(${slot})`);
      await sql`insert into ${sql.table('line_lock')} (slot) values ${sql.join(slots)}`.execute(db);
    },
  },
  '003-running-counts': {
    up: (db: Kysely<never>) => keepCounts(db, { of: 'job', by: ['queue', 'state'] }),
  },
};

/**
 * Brings a database to the newest shape: the queue's own tables, then the consumer's.
 *
 * @throws StoreMisusedError when the database was written by a newer version or a migration fails
 */
export async function migrate<Tables>(db: Kysely<Tables>, consumer: Migrations): Promise<void> {
  await run(db, JOURNAL, durableMigrations);
  await run(db, 'store_migration', consumer);
}

async function run<Tables>(
  db: Kysely<Tables>,
  table: string,
  migrations: Migrations,
): Promise<void> {
  if (await hasAll(db, table, migrations)) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (isStoreUnavailable(error)) throw error;
  throw new StoreMisusedError(
    `The tables of the store could not be brought to this version: ${String(error)}`,
    'Run the version that wrote it, or restore the backup taken before the update.',
    error,
  );
}

/** What most starts find. Kysely would look at every column of every table first. */
async function hasAll<Tables>(
  db: Kysely<Tables>,
  table: string,
  migrations: Migrations,
): Promise<boolean> {
  const taken = await sql<{ name: string }>`select name from ${sql.table(table)}`
    .execute(db)
    .catch(() => undefined);
  if (taken === undefined) return false;
  const names = Object.keys(migrations);
  const known = new Set(taken.rows.map(({ name }) => name));
  return names.length > 0 && known.size === names.length && names.every((name) => known.has(name));
}
