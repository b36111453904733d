import type { TinybirdEventsOptions } from '@prosora/service';
import * as z from 'zod';

const countAnswer = z.object({ data: z.tuple([z.object({ rows: z.coerce.number() })]) });

/**
 * How many rows a data source has up to a time, by `/v0/sql`; `undefined` where that is not to be had, as in
 * the engine.
 *
 * @param until in UTC, `YYYY-MM-DD hh:mm:ss`
 */
export async function countRows(
  { url, token, datasource }: Pick<TinybirdEventsOptions, 'url' | 'token' | 'datasource'>,
  until: string,
): Promise<number | undefined> {
  const query = new URLSearchParams({
    q: `SELECT count() AS rows FROM ${datasource} WHERE timestamp <= toDateTime('${until}') FORMAT JSON`,
  });
  const answer = await fetch(`${url}/v0/sql?${query}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(60_000),
  });
  if (!answer.ok) return undefined;
  const { data } = countAnswer.parse(await answer.json());
  return data[0].rows;
}
