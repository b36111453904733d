import { SqliteAdapter } from 'kysely';

/** What Kysely is told of this SQLite. */
export class StoreSqliteAdapter extends SqliteAdapter {
  /** Kysely runs migrations outside of a transaction on SQLite, though its DDL is transactional. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** Spares a lock for each statement: the group commit is what keeps writers apart. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}
