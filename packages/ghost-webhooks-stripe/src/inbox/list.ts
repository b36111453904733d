import { type DurableTables, type JobState, pendingStates, settledStates } from '@prosora/durable';
import type { ExpressionBuilder, Kysely } from 'kysely';
import { holdReasons } from './ghost-events.ts';
import type { EventSource, InboxTables } from './tables.ts';

/** Where an event stands with Ghost: the state of its delivery, or why there is none. */
export type EventState = JobState | 'held' | 'twin' | 'ignored';

const jobStates: readonly JobState[] = [...pendingStates, ...settledStates];
/** All of them. */
export const eventStates = [...jobStates, 'held', 'twin', 'ignored'] satisfies EventState[];

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
  /** From this time on, by when an event came; among `states`, by when one that was held was sent on. */
  since?: Date | undefined;
  /** Before this time. */
  until?: Date | undefined;
}

/** Which part of a list. */
export interface EventPageOptions {
  /** (Default: 50) */
  limit?: number | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** A part of a list. */
export interface EventPage {
  /** May be fewer than asked for before the list ends, where the rest has to be looked for. */
  items: EventLine[];
  /** Where the next page begins; null after the last. */
  next: string | null;
}

type Db = Kysely<InboxTables & DurableTables>;

/** What `next` looks like. */
export const POSITION = /^\d+\.\d+\.[01]$/;
/** A place in a list: a time, a number, and whose number it is. Lists run from the greatest to the least. */
type Position = readonly [at: number, seq: number, of: 0 | 1];
const OF_EVENT = 0;
const OF_JOB = 1;

/** Bounds the time of a page where no index has all of a filter: so many rows are looked at, in each walk. */
const LOOKED_AT = 1_000;

/** One way along an index, newest first. */
interface Walk {
  read(limit: number): Promise<Row[]>;
  of: Position[2];
  /** What the index does not know of, so that each row is looked at. */
  sieve?: EventFilter | undefined;
}

/**
 * Lists events, newest first. Every walk follows an index and ends after a number of rows, so that a page takes the
 * same time whatever the size of the inbox.
 */
export async function listEvents(
  db: Db,
  filter: EventFilter,
  { limit = 50, after }: EventPageOptions = {},
): Promise<EventPage> {
  const from = after === undefined ? undefined : (after.split('.').map(Number) as never);
  const found: { line: EventLine; position: Position }[] = [];
  // How far every walk has come that has not ended.
  let reached: Position | undefined;
  for (const { read, of, sieve } of walksOf(db, filter, from)) {
    const most = sieve === undefined ? limit + 1 : Math.max(limit + 1, LOOKED_AT);
    const rows = await read(most);
    const lines = rows.map((row) => ({
      line: toLine(row),
      position: [row.at, row.place, of] as const,
    }));
    found.push(...lines.filter(({ line }) => isIn(line, sieve)));
    const last = rows.length < most ? undefined : lines.at(-1)?.position;
    if (last && (reached === undefined || compare(last, reached) < 0)) reached = last;
  }
  const end = reached;
  const inOrder = found
    .filter(({ position }) => end === undefined || compare(position, end) <= 0)
    .sort((one, other) => compare(one.position, other.position));
  const page = inOrder.slice(0, limit);
  const next = inOrder.length > limit ? page.at(-1)?.position : end;
  return { items: page.map(({ line }) => line), next: next?.join('.') ?? null };
}

/** Less than 0 where `one` comes first. */
function compare(one: Position, other: Position): number {
  return other[0] - one[0] || other[1] - one[1] || other[2] - one[2];
}

function isIn(line: EventLine, { states, type }: EventFilter = {}): boolean {
  return (
    (states === undefined || states.includes(line.state)) &&
    (type === undefined || line.type === type)
  );
}

/** A customer has few events, and a state fewer than a type; who is in no queue is known from the event alone. */
function walksOf(db: Db, filter: EventFilter, from: Position | undefined): Walk[] {
  const { states, type, customer } = filter;
  const range = { ...filter, from };
  if (customer !== undefined) {
    const sieve = states === undefined && type === undefined ? undefined : { states, type };
    return [{ ...walkEvents(db, range, { customer }), sieve }];
  }
  const all = walkEvents(db, range, type === undefined ? {} : { type });
  if (states === undefined) return [all];
  const sieve = type === undefined ? undefined : { type };
  const jobs = jobStates.filter((state) => states.includes(state));
  const held = states.includes('held') ? holdReasons : [];
  const others = states.filter((state) => state === 'twin' || state === 'ignored');
  return [
    ...jobs.map((state) => ({ ...walkJobs(db, range, state), sieve })),
    ...held.map((reason) => ({ ...walkEvents(db, range, { held: reason }), sieve })),
    ...(others.length > 0 ? [{ ...all, sieve: { states: others } }] : []),
  ];
}

interface Range {
  since?: Date | undefined;
  until?: Date | undefined;
  from: Position | undefined;
}

function walkEvents(db: Db, range: Range, by: Record<string, string>): Walk {
  const read = (limit: number) =>
    eventsWithDelivery(db)
      .select(['received_at as at', 'stripe_event.seq as place'])
      .where(({ and }) => and(by))
      .where((row) => within(row, ['received_at', 'stripe_event.seq', OF_EVENT], range))
      .orderBy('received_at', 'desc')
      .orderBy('stripe_event.seq', 'desc')
      .limit(limit)
      .execute();
  return { read, of: OF_EVENT };
}

function walkJobs(db: Db, range: Range, state: JobState): Walk {
  const read = (limit: number) =>
    db
      .selectFrom('job')
      .innerJoin('stripe_event', 'stripe_event.id', 'job.id')
      .select(lineColumns)
      .select(['added_at as at', 'job.seq as place'])
      .where('queue', '=', 'ghost')
      .where('state', '=', state)
      .where((row) => within(row, ['added_at', 'job.seq', OF_JOB], range))
      .orderBy('added_at', 'desc')
      .orderBy('job.seq', 'desc')
      .limit(limit)
      .execute();
  return { read, of: OF_JOB };
}

type Column = 'received_at' | 'stripe_event.seq' | 'added_at' | 'job.seq';

/** What comes behind a position, and in a time. */
function within(
  row: ExpressionBuilder<InboxTables & DurableTables, 'stripe_event' | 'job'>,
  [at, seq, of]: readonly [at: Column, seq: Column, of: Position[2]],
  { since, until, from }: Range,
) {
  const rules = [];
  if (since !== undefined) rules.push(row(at, '>=', since.getTime()));
  if (until !== undefined) rules.push(row(at, '<', until.getTime()));
  if (from !== undefined) {
    const [fromAt, fromSeq, fromOf] = from;
    // The first of these two is what an index is read by.
    rules.push(row(at, '<=', fromAt));
    rules.push(row.or([row(at, '<', fromAt), row(seq, '<', fromSeq + Number(of < fromOf))]));
  }
  return row.and(rules);
}

const lineColumns = [
  'stripe_event.id',
  'type',
  'customer',
  'received_at',
  'source',
  'held',
  'twin_of',
  'job.state',
  'job.reason',
  'job.attempt',
] as const;

/** Every event with its delivery to Ghost, if there is one. */
export function eventsWithDelivery(db: Db) {
  return db
    .selectFrom('stripe_event')
    .leftJoin('job', (join) =>
      join.onRef('job.id', '=', 'stripe_event.id').on('job.queue', '=', 'ghost'),
    )
    .select(lineColumns);
}

/** Of these events the ids of those that are in one of the states; all of them where none are named. */
export async function idsAmong(
  db: Db,
  ids: readonly string[],
  states: readonly EventState[] | undefined,
): Promise<readonly string[]> {
  if (states === undefined) return ids;
  const rows = await eventsWithDelivery(db).where('stripe_event.id', 'in', ids).execute();
  const lines = rows.map(toLine).filter(({ state }) => states.includes(state));
  const among = new Set(lines.map(({ id }) => id));
  return ids.filter((id) => among.has(id));
}

type LineRow = Awaited<ReturnType<ReturnType<typeof eventsWithDelivery>['execute']>>[number];
type Row = LineRow & { at: number; place: number };

/** A row as a line. */
export function toLine(row: LineRow): EventLine {
  const { id, type, customer, source, held, twin_of, received_at, state, reason, attempt } = row;
  const other = held !== null ? 'held' : twin_of !== null ? 'twin' : 'ignored';
  return {
    id,
    type,
    customer,
    source,
    receivedAt: new Date(received_at),
    state: state ?? other,
    reason: reason ?? held ?? (twin_of === null ? null : `says the same as ${twin_of}`),
    attempts: attempt ?? 0,
  };
}
