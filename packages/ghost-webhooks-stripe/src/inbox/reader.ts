import {
  type AttemptRecord,
  type DurableTables,
  hasManyWriters,
  type JobCounts,
  type JobRecord,
} from '@prosora/durable';
import type { Kysely } from 'kysely';
import type { BodySeal } from './body-seal.ts';
import { countByState } from './count.ts';
import type { HoldReason } from './ghost-events.ts';
import {
  type EventFilter,
  type EventLine,
  type EventPage,
  type EventPageOptions,
  eventsWithDelivery,
  listEvents,
  toLine,
} from './list.ts';
import type { InboxStore } from './store.ts';
import type { InboxTables } from './tables.ts';

/** One delivery of an event. */
interface SinkDelivery extends Pick<JobRecord, 'state' | 'reason' | 'attempt' | 'dueAt'> {
  /** `ghost` or the name of a sink. */
  sink: string;
  attempts: AttemptRecord[];
}

/** All that is known of an event, without what is in it. */
export interface EventDetails extends EventLine {
  apiVersion: string | null;
  livemode: boolean;
  secretId: string;
  remoteAddress: string | null;
  bytes: number;
  twinOf: string | null;
  deliveries: SinkDelivery[];
}

/** Looks into the inbox. */
export interface InboxReader {
  /** How many events there are, and how many are held for which reason. */
  counts(): Promise<{ events: number; held: Partial<Record<HoldReason, number>> }>;
  /** Newest first. */
  list(filter?: EventFilter, page?: EventPageOptions): Promise<EventPage>;
  /** How many there are in some states, up to a limit; undefined for a filter of which no index knows all. */
  countByState(filter: EventFilter, limit: number): Promise<number | undefined>;
  show(id: string): Promise<EventDetails | undefined>;
  /** Ids that are known, of those asked for; without those that a copy in Ghost's version would replace. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** How each sink's queue stands. */
  sinkCounts(): Promise<JobCounts>;
  /** The sum of monthly recurring revenue by currency, as far as events are counted. */
  revenue(): Promise<Record<string, number>>;
}

type Db = Kysely<InboxTables & DurableTables>;

/** Binds the reader to a store. */
export function readInbox(store: InboxStore, seal: BodySeal): InboxReader {
  return {
    counts: () => countEvents(store.db),
    list: (filter = {}, page) => listEvents(store.db, filter, page),
    countByState: (filter, limit) => countByState(store.db, filter, limit),
    show: (id) => showEvent(store, seal, id),
    async known(ids) {
      if (ids.length === 0) return new Set();
      const rows = await store.db
        .selectFrom('stripe_event')
        .select('id')
        .where('id', 'in', ids)
        .where((row) => row.or([row('held', 'is', null), row('held', '!=', 'api_version')]))
        .execute();
      return new Set(rows.map(({ id }) => id));
    },
    sinkCounts: () => store.countJobs(),
    async revenue() {
      const rows = await store.db
        .selectFrom('stripe_mrr')
        .select((row) => ['currency', row.fn.sum<number>('mrr').as('mrr')])
        .groupBy('currency')
        .execute();
      return Object.fromEntries(rows.map(({ currency, mrr }) => [currency, Number(mrr)]));
    },
  };
}

/** Counts the events, and those that are held by their reason. */
export async function countEvents(db: Db): ReturnType<InboxReader['counts']> {
  const counted = hasManyWriters(db)
    ? db
        .selectFrom('stripe_event')
        .select(({ fn }) => ['held', fn.countAll<number>().as('count')])
        .groupBy('held')
    : db.selectFrom('stripe_event_count').select(['held', 'count']);
  const counts: Awaited<ReturnType<InboxReader['counts']>> = { events: 0, held: {} };
  for (const { held, count } of await counted.execute()) {
    counts.events += Number(count);
    if (held) counts.held[held] = Number(count);
  }
  return counts;
}

async function showEvent(
  store: InboxStore,
  seal: BodySeal,
  id: string,
): Promise<EventDetails | undefined> {
  const row = await eventsWithDelivery(store.db)
    .select(['api_version', 'livemode', 'secret_id', 'remote_address', 'body'])
    .where('stripe_event.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { api_version, livemode, secret_id, remote_address, body, ...line } = row;
  return {
    ...toLine(line),
    apiVersion: api_version,
    livemode: livemode === 1,
    secretId: secret_id,
    remoteAddress: remote_address,
    bytes: seal.open(body).byteLength,
    twinOf: line.twin_of,
    deliveries: await deliveriesOf(store, id),
  };
}

async function deliveriesOf(store: InboxStore, id: string): Promise<SinkDelivery[]> {
  const rows = await store.db.selectFrom('job').select('queue').where('id', '=', id).execute();
  return Promise.all(
    rows.map(async ({ queue: sink }) => {
      const queue = store.queue(sink);
      const job = await queue.get(id);
      return {
        sink,
        state: job?.state ?? 'done',
        reason: job?.reason ?? null,
        attempt: job?.attempt ?? 0,
        dueAt: job?.dueAt ?? null,
        attempts: await queue.attempts(id),
      };
    }),
  );
}
