import type { Connection } from '../database/connection.ts';
import type { Datasource } from '../datafiles/datasource.ts';
import { EngineError } from '../errors.ts';
import { quarantineOf, takesEvents } from '../schema/objects.ts';
import { readRows } from './rows.ts';

/** The answer of Tinybird's Events API. */
export interface IngestResult {
  successful_rows: number;
  quarantined_rows: number;
}

/** One request's events. */
export interface Batch {
  datasource: Datasource;
  ndjson: string;
  /** Names the batch for ever; see the README on `Prosora-Batch`. */
  token: string | undefined;
  /** The only site that rows may be of; undefined for all. */
  site: string | undefined;
}

/**
 * Writes one batch as one insert, so that its token covers all of it. Quarantined rows go first: if
 * the process dies between the two, the batch is sent again and both tables drop what they have.
 *
 * @throws EngineError `REQUEST_INVALID` when there is nothing to write, `VIEW_WOULD_REFUSE` for a batch of which
 * a view cannot take a row, so that none is written, and what else the database refuses.
 */
export async function ingest(connection: Connection, batch: Batch): Promise<IngestResult> {
  const { datasource, token } = batch;
  if (!takesEvents(datasource)) {
    throw new EngineError('REQUEST_INVALID', `Data Source ${datasource.name} takes no events.`);
  }
  const { columns, rows, accepted, quarantined } = readRows(
    batch.ndjson,
    datasource.columns,
    batch.site,
  );
  if (accepted + quarantined.length === 0) {
    throw new EngineError('REQUEST_INVALID', 'The body has no rows.');
  }
  const deduplication = token === undefined ? {} : { deduplicationToken: token };
  if (quarantined.length > 0) {
    await connection.insert({
      table: quarantineOf(datasource.name),
      columns: ['column', 'reason', 'row'],
      rows: Buffer.from(quarantined.map((row) => JSON.stringify(row)).join('\n')),
      ...deduplication,
    });
  }
  if (accepted > 0) {
    await connection.insert({
      table: datasource.name,
      columns,
      rows,
      isTried: true,
      ...deduplication,
    });
  }
  return { successful_rows: accepted, quarantined_rows: quarantined.length };
}
