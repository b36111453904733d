import { type DatabaseIntrospector, type Kysely, sql } from 'kysely';

/** Names the tables of a store, without the prefix that tells them from those of others. */
export function createIntrospector(db: Kysely<unknown>, prefix: string): DatabaseIntrospector {
  return {
    getSchemas: async () => [],
    async getTables() {
      const { rows } = await sql<{ name: string }>`
        select table_name as name from information_schema.tables
        where table_schema = database() and left(table_name, ${prefix.length}) = ${prefix}`.execute(
        db,
      );
      return rows.map(({ name }) => ({
        name: name.slice(prefix.length),
        isView: false,
        isForeign: false,
        columns: [],
      }));
    },
  };
}
