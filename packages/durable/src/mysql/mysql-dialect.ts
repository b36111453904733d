import { type Dialect, type Driver, type Kysely, MysqlIntrospector } from 'kysely';
import { StoreMysqlAdapter } from './mysql-adapter.ts';
import { StoreMysqlCompiler } from './mysql-query-compiler.ts';

/** Kysely's MySQL dialect over a driver of ours. */
export class StoreMysqlDialect implements Dialect {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  createDriver(): Driver {
    return this.#driver;
  }

  createQueryCompiler(): StoreMysqlCompiler {
    return new StoreMysqlCompiler();
  }

  createAdapter(): StoreMysqlAdapter {
    return new StoreMysqlAdapter();
  }

  createIntrospector(db: Kysely<unknown>): MysqlIntrospector {
    return new MysqlIntrospector(db);
  }
}
