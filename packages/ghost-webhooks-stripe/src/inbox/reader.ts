import type { AttemptRecord, DurableTables, JobRecord, JobState } from '@prosora/durable';
import type { Kysely } from 'kysely';
import type { BodySeal } from './body-seal.ts';
import type { HoldReason } from './ghost-events.ts';
import type { InboxStore } from './store.ts';
import type { EventSource, InboxTables } from './tables.ts';

/** Where an event stands with Ghost: the state of its delivery, or why there is none. */
export type EventState = JobState | 'held' | 'twin' | 'ignored';

/** An event as lists show it, without what is in it. */
export interface EventLine {
  id: string;
  type: string;
  customer: string | null;
  receivedAt: Date;
  source: EventSource;
  state: EventState;
  /** Why it was held or is not done. */
  reason: string | null;
  attempts: number;
}

/** Which events to list. */
export interface EventFilter {
  states?: readonly EventState[] | undefined;
  type?: string | undefined;
  customer?: string | undefined;
  /** (Default: 50) */
  limit?: number | undefined;
}

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
  list(filter?: EventFilter): Promise<EventLine[]>;
  show(id: string): Promise<EventDetails | undefined>;
  /** Ids that are known, of those asked for; without those that a copy in Ghost's version would replace. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** How each sink's queue stands. */
  sinkCounts(): Promise<Record<string, Partial<Record<JobState, number>>>>;
  /** The sum of monthly recurring revenue by currency, as far as events are counted. */
  revenue(): Promise<Record<string, number>>;
}

type Db = Kysely<InboxTables & DurableTables>;

const NOT_JOBS = new Set<EventState>(['held', 'twin', 'ignored']);

/** Binds the reader to a store. */
export function readInbox(store: InboxStore, seal: BodySeal): InboxReader {
  return {
    counts: () => countEvents(store.db),
    list: (filter = {}) => listEvents(store.db, filter),
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
    async sinkCounts() {
      const rows = await store.db
        .selectFrom('job')
        .select((row) => ['queue', 'state', row.fn.countAll<number>().as('jobs')])
        .groupBy(['queue', 'state'])
        .execute();
      const counts: Record<string, Partial<Record<JobState, number>>> = {};
      for (const { queue, state, jobs } of rows) {
        counts[queue] = { ...counts[queue], [state]: Number(jobs) };
      }
      return counts;
    },
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

/** Counts the events; reads an index, and the rows that are held. */
export async function countEvents(db: Db) {
  const { events } = await db
    .selectFrom('stripe_event')
    .select((row) => row.fn.countAll<number>().as('events'))
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('stripe_event')
    .select((row) => ['held', row.fn.countAll<number>().as('events')])
    .where('held', 'is not', null)
    .groupBy('held')
    .execute();
  const held = Object.fromEntries(rows.map((row) => [row.held, Number(row.events)]));
  return { events: Number(events), held: held as Partial<Record<HoldReason, number>> };
}

function eventsWithDelivery(db: Db) {
  return db
    .selectFrom('stripe_event')
    .leftJoin('job', (join) =>
      join.onRef('job.id', '=', 'stripe_event.id').on('job.queue', '=', 'ghost'),
    )
    .select(['stripe_event.id', 'type', 'customer', 'received_at', 'source', 'held', 'twin_of'])
    .select(['job.state', 'job.reason', 'job.attempt']);
}

/** So few are found by the index of their states; of more, the newest are soon met in the table itself. */
const FEW = 1_000;

/** Ids of the events in some states where these are few, so that the table need not be read for them. */
async function fewIn(db: Db, states: readonly EventState[]): Promise<string[] | undefined> {
  if (states.includes('twin') || states.includes('ignored')) return undefined;
  const jobs = states.filter((state): state is JobState => !NOT_JOBS.has(state));
  const rows =
    jobs.length === 0
      ? []
      : await db
          .selectFrom('job')
          .select('id')
          .where('queue', '=', 'ghost')
          .where('state', 'in', jobs)
          .limit(FEW + 1)
          .execute();
  if (states.includes('held')) {
    const held = db.selectFrom('stripe_event').select('id').where('held', 'is not', null);
    rows.push(...(await held.limit(FEW + 1).execute()));
  }
  return rows.length > FEW ? undefined : rows.map(({ id }) => id);
}

async function listEvents(db: Db, filter: EventFilter): Promise<EventLine[]> {
  const { states, type, customer, limit = 50 } = filter;
  const few = states && (await fewIn(db, states));
  if (few?.length === 0) return [];
  let query = eventsWithDelivery(db).orderBy('stripe_event.seq', 'desc').limit(limit);
  if (type !== undefined) query = query.where('type', '=', type);
  if (customer !== undefined) query = query.where('customer', '=', customer);
  if (few !== undefined) query = query.where('stripe_event.id', 'in', few);
  if (states !== undefined) {
    const jobs = states.filter((state): state is JobState => !NOT_JOBS.has(state));
    query = query.where(({ eb, and, or }) =>
      or([
        ...(jobs.length > 0 ? [eb('job.state', 'in', jobs)] : []),
        ...(states.includes('held') ? [eb('held', 'is not', null)] : []),
        ...(states.includes('twin') ? [eb('twin_of', 'is not', null)] : []),
        ...(states.includes('ignored')
          ? [and([eb('job.state', 'is', null), eb('held', 'is', null), eb('twin_of', 'is', null)])]
          : []),
      ]),
    );
  }
  return (await query.execute()).map(toLine);
}

type Row = Awaited<ReturnType<ReturnType<typeof eventsWithDelivery>['execute']>>[number];

function toLine({ held, twin_of, received_at, state, reason, attempt, ...row }: Row): EventLine {
  const other = held !== null ? 'held' : twin_of !== null ? 'twin' : 'ignored';
  return {
    ...row,
    receivedAt: new Date(received_at),
    state: state ?? other,
    reason: reason ?? held ?? (twin_of === null ? null : `says the same as ${twin_of}`),
    attempts: attempt ?? 0,
  };
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
