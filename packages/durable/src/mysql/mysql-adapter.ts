import { MysqlAdapter } from 'kysely';

/** What Kysely is told of MySQL and MariaDB. */
export class StoreMysqlAdapter extends MysqlAdapter {
  /** Read by `hasManyWriters`. */
  get hasManyWriters(): true {
    return true;
  }
}
