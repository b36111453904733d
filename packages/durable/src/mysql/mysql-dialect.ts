import type { DatabaseIntrospector, Dialect, Driver, Kysely } from 'kysely';
import { StoreMysqlAdapter } from './mysql-adapter.ts';
import { createIntrospector } from './mysql-introspector.ts';
import { StoreMysqlCompiler } from './mysql-query-compiler.ts';

/** Kysely's MySQL dialect over a driver of ours. */
export class StoreMysqlDialect implements Dialect {
  readonly #driver: Driver;
  readonly #prefix: string;

  constructor(driver: Driver, prefix: string) {
    this.#driver = driver;
    this.#prefix = prefix;
  }

  createDriver(): Driver {
    return this.#driver;
  }

  createQueryCompiler(): StoreMysqlCompiler {
    return new StoreMysqlCompiler(this.#prefix);
  }

  createAdapter(): StoreMysqlAdapter {
    return new StoreMysqlAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return createIntrospector(db, this.#prefix);
  }
}
