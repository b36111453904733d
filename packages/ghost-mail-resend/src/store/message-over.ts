import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { ChunkTable, MailTables } from './schema.ts';

/** Of messages those that have no chunk in one of these states: without `queued`, nothing of them is sent any more. */
export function hasNoChunkIn(...states: ChunkTable['state'][]) {
  return ({
    not,
    exists,
    selectFrom,
  }: ExpressionBuilder<MailTables, 'message'>): Expression<SqlBool> =>
    not(
      exists(
        selectFrom('chunk')
          .select('chunk.id')
          .whereRef('chunk.message_id', '=', 'message.id')
          .where('chunk.state', 'in', states),
      ),
    );
}
