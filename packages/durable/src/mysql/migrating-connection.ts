import { type CompiledQuery, CreateTableNode, type QueryResult } from 'kysely';
import { StoreConnection } from './mysql-connection.ts';

/** A column is there, an index is, and what is to be dropped is not: ER_DUP_FIELDNAME, _KEYNAME, ER_CANT_DROP_FIELD_OR_KEY. */
const ALREADY_SO: readonly unknown[] = [1060, 1061, 1091];
const TABLE_EXISTS = 1050;
const DUPLICATE_KEY = 1062;

/**
 * A connection on which a step of a migration may run again. MySQL commits each statement of a step by itself, so a
 * process that dies amid a step leaves the first ones behind, and the next start runs the whole step: what has been
 * done already is no error then. A statement is done whole or not at all.
 */
export class MigratingConnection extends StoreConnection {
  override async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await super.executeQuery<Row>(query);
    } catch (error) {
      const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
      const isDone =
        ALREADY_SO.includes(errno) ||
        // An index can meet a duplicate as well, and that is a failure.
        (errno === DUPLICATE_KEY && /^insert\b/i.test(query.sql)) ||
        (errno === TABLE_EXISTS && (await this.#hasColumnsOf(query)));
      if (!isDone) throw error;
      return { rows: [] };
    }
  }

  /** Tells the table that the statement makes from somebody else's of that name. */
  async #hasColumnsOf({ query: node, sql }: CompiledQuery): Promise<boolean> {
    // The compiler gives names their prefix, so the node has them without.
    const [, table] = /^create table (?:if not exists )?`([^`]+)`/.exec(sql) ?? [];
    if (!CreateTableNode.is(node) || table === undefined) return false;
    const [rows] = await this.raw.query('show columns from ??', [table]);
    const names = new Set((rows as { Field: string }[]).map(({ Field }) => Field));
    return node.columns.every(({ column }) => names.has(column.column.name));
  }
}
