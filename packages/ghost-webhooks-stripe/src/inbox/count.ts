import type { DurableTables } from '@prosora/durable';
import type { Kysely } from 'kysely';
import type { EventFilter, EventState } from './list.ts';
import type { InboxTables } from './tables.ts';

type Db = Kysely<InboxTables & DurableTables>;

/**
 * Counts events by their states, up to a limit, in indexes alone; undefined for a filter of more than states and a time,
 * of which no index knows all.
 */
export async function countByState(
  db: Db,
  { states = [], type, customer, ...time }: EventFilter,
  limit: number,
): Promise<number | undefined> {
  const isKnown = states.every((state) => state !== 'twin' && state !== 'ignored');
  if (!isKnown || states.length === 0 || type !== undefined || customer !== undefined) {
    return undefined;
  }
  let count = 0;
  for (const state of states) count += await countOne(db, state, time, limit - count);
  return count;
}

async function countOne(
  db: Db,
  state: EventState,
  { since, until }: Pick<EventFilter, 'since' | 'until'>,
  limit: number,
): Promise<number> {
  const from = since?.getTime() ?? 0;
  const to = until?.getTime() ?? Number.MAX_SAFE_INTEGER;
  const found =
    state === 'held'
      ? db
          .selectFrom('stripe_event')
          .select('seq')
          .where('held', 'is not', null)
          .where('received_at', '>=', from)
          .where('received_at', '<', to)
          .limit(limit)
          .as('found')
      : db
          .selectFrom('job')
          .select('seq')
          .where('queue', '=', 'ghost')
          .where('state', '=', state as Exclude<EventState, 'held' | 'twin' | 'ignored'>)
          .where('added_at', '>=', from)
          .where('added_at', '<', to)
          .limit(limit)
          .as('found');
  const { count } = await db
    .selectFrom(found)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}
