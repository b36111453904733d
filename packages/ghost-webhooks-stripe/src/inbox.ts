import {
  type Clock,
  isDuplicateKey,
  isStoreUnavailable,
  type Queue,
  type QueueOptions,
  systemClock,
} from '@prosora/durable';
import { createBodySeal } from './body-seal.ts';
import type { StoredEvent } from './deliver.ts';
import { eraseEvents, findReader, notErased, type ReaderTraces } from './erase.ts';
import { parseEvent, type StripeEvent } from './event.ts';
import {
  countedOnce,
  customerOf,
  type HoldReason,
  isAlike,
  type LivemodePolicy,
  routeOf,
} from './ghost-events.ts';
import { compactAfterPurge, purgeInbox } from './inbox-care.ts';
import { countEvents, type InboxReader, readInbox } from './inbox-reader.ts';
import { type InboxPlace, openInboxStore } from './inbox-store.ts';
import type { EventSource, InboxTables, InboxTx } from './inbox-tables.ts';
import { holdTurn, writeCheck } from './inbox-turn.ts';
import { type ReceivedEvent, RefusedRequest } from './receive.ts';

/** What became of an event that came in. */
export type RecordOutcome =
  | { outcome: 'recorded'; held?: HoldReason; twinOf?: string }
  /** The copy that came first was held for its API version; this one is in Ghost's and takes its place. */
  | { outcome: 'replaced'; held?: HoldReason; twinOf?: string }
  /** Known already; nothing was changed. `conflict`: with other bytes, of which the first are kept. */
  | { outcome: 'duplicate' | 'conflict' };

/** Where events go besides Ghost. Each has a queue of its own, hence its own retries. */
export interface Sink {
  /** Names its queue. */
  queue: string;
  /** The jobs that an event makes for it, planned in the transaction that records the event. */
  plan(
    event: StripeEvent,
    within: {
      tx: InboxTx;
      source: EventSource;
      /** Milliseconds since 1970. */
      at: number;
    },
  ): Promise<SinkJob[]> | SinkJob[];
}

/** A job for a sink. */
interface SinkJob {
  payload: Uint8Array;
  group?: string | undefined;
}

/** How the inbox is opened. */
export interface InboxOptions extends InboxPlace {
  /** Which events go to Ghost; the others are held. */
  livemode: LivemodePolicy;
  /** (Default: none) */
  sinks?: readonly Sink[];
  /** Seals bodies on disk. (Default: they are kept as they came) */
  sealKey?: string | undefined;
  /** With so many events in it the inbox takes no more. (Default: no limit) */
  maxEvents?: number;
  /** Retries of deliveries to Ghost. */
  delivery?: QueueOptions;
  /** (Default: the machine's clock) */
  clock?: Clock;
}

/** Every event that was acknowledged, and the queues of those that somebody has to get. */
export interface Inbox extends AsyncDisposable, InboxReader {
  /** Deliveries to Ghost; a job has the id of its event and no payload. */
  readonly deliveries: Queue<InboxTables>;
  /** The names of the sinks. */
  readonly sinks: readonly string[];
  /** The queue of a sink. */
  queueOf(name: string): Queue<InboxTables>;
  /**
   * Records an event once, by its id, and plans its deliveries in the same transaction. What this
   * resolves for is on disk.
   *
   * @throws StoreUnavailableError nothing was recorded
   * @throws RefusedRequest `inbox_full`
   */
  record(
    received: ReceivedEvent,
    source?: EventSource,
    /** Holds it for a person, whatever else it is. */
    holdFor?: HoldReason,
  ): Promise<RecordOutcome>;
  find(id: string): Promise<StoredEvent | undefined>;
  /** How many other events that make the same row in Ghost were delivered to it in a time. */
  countAlike(event: StripeEvent, time: { since: Date; until?: Date }): Promise<number>;
  /** When the first event came, of those that are here; `undefined` when none is. */
  firstReceivedAt(): Promise<Date | undefined>;
  /**
   * Sends events to Ghost again, whatever became of them, and held ones that the options now let
   * through. Returns the ids that will be.
   */
  replay(ids: readonly string[]): Promise<string[]>;
  /** Takes events out that Ghost need not get, held ones too. Returns the ids that were. */
  skip(ids: readonly string[]): Promise<string[]>;
  /** Deletes events that came before a time and that nobody waits for any more; returns how many. */
  purge(before: Date): Promise<number>;
  /** What is here of a reader, by an e-mail address. */
  findReader(address: string): Promise<ReaderTraces>;
  /** Erases what is in events that nobody waits for any more, and keeps their ids; returns how many. */
  erase(ids: readonly string[]): Promise<number>;
  /** On MySQL: takes or lengthens the turn to deliver to Ghost, by `ms` from now; false while another has it. */
  holdTurn(holder: string, ms: number): Promise<boolean>;
  /** Lets another have it. */
  endTurn(holder: string): Promise<void>;
  /**
   * Writes something, and remembers the fate of the last event for a minute: a small write may succeed where an
   * event does not fit.
   *
   * @throws StoreUnavailableError when events cannot be kept now
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

const NO_PAYLOAD = new Uint8Array();
const FATE_KEPT_MS = 60_000;

/**
 * Opens the inbox, or makes it.
 *
 * @throws StoreUnavailableError, StoreMisusedError, and StoreMissingError where it `mustExist` and does not
 */
export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { livemode, clock = systemClock, sinks = [] } = options;
  const { maxEvents = Number.POSITIVE_INFINITY } = options;
  const { place, store } = await openInboxStore(options, clock);
  const seal = createBodySeal(options.sealKey);
  const deliveries = store.queue('ghost', options.delivery);
  const queues = new Map(sinks.map((sink) => [sink.queue, store.queue(sink.queue)]));
  const queueOf = (name: string) =>
    name === deliveries.name ? deliveries : (queues.get(name) ?? store.queue(name));
  let events = (await countEvents(store.db)).events;
  let lastRefused: { error: unknown; at: number } | undefined;

  function holdReason(event: StripeEvent): HoldReason | undefined {
    const route = routeOf(event, livemode);
    return route.to === 'hold' ? route.reason : undefined;
  }

  async function plan(tx: InboxTx, event: StripeEvent, source: EventSource): Promise<void> {
    const route = routeOf(event, livemode);
    if (route.to === 'ghost') {
      const { rank, group, supersedes } = route;
      const place = { ...(group && { group }), ...(supersedes && { supersedes }) };
      await deliveries.add(event.id, NO_PAYLOAD, { tx, rank, ...place });
    }
    for (const sink of sinks) {
      for (const { payload, group } of await sink.plan(event, { tx, source, at: clock.now() })) {
        await queueOf(sink.queue).add(event.id, payload, { tx, ...(group && { group }) });
      }
    }
  }

  async function placeOf(
    tx: InboxTx,
    event: StripeEvent,
    holdFor?: HoldReason,
  ): Promise<EventPlace> {
    const once = countedOnce(event);
    const twinOf = once === undefined ? undefined : await firstAbout(tx, once);
    const held = twinOf === undefined ? (holdReason(event) ?? holdFor) : undefined;
    const isSent = held === undefined && twinOf === undefined;
    const columns = {
      held: held ?? null,
      counts_once: isSent ? (once ?? null) : null,
      twin_of: twinOf ?? null,
    };
    return { isSent, columns, why: { ...(held && { held }), ...(twinOf && { twinOf }) } };
  }

  async function recordIn(
    tx: InboxTx,
    received: ReceivedEvent,
    source: EventSource,
    holdFor?: HoldReason,
  ): Promise<RecordOutcome> {
    const { event, body } = received;
    const known = await rowFor(tx, event.id);
    if (known?.held === 'api_version' && routeOf(event, livemode).to === 'ghost') {
      return replaceIn(tx, received, source, holdFor);
    }
    if (known !== undefined) return knownAs(seal.open(known.body), body);
    if (events >= maxEvents) {
      throw new RefusedRequest('inbox_full', `The inbox holds ${events} events.`);
    }
    const row = { ...rowOf(received), received_at: clock.now(), body: seal.seal(body), source };
    const { isSent, why } = await inPlace(tx, event, holdFor, (columns) =>
      tx
        .insertInto('stripe_event')
        .values({ ...row, ...columns })
        .execute(),
    );
    if (isSent) await plan(tx, event, source);
    return { outcome: 'recorded', ...why };
  }

  /**
   * Writes an event where it stands. On MySQL another process may have written another about the same payment
   * since we looked; the server tells by the unique key once that is committed, and then this one is its twin.
   */
  async function inPlace(
    tx: InboxTx,
    event: StripeEvent,
    holdFor: HoldReason | undefined,
    write: (columns: EventPlace['columns']) => Promise<unknown>,
  ): Promise<EventPlace> {
    const place = await placeOf(tx, event, holdFor);
    try {
      await write(place.columns);
      return place;
    } catch (error) {
      if (!isDuplicateKey(error) || place.columns.counts_once === null) throw error;
      const twin = await placeOf(tx, event, holdFor);
      if (twin.isSent) throw error;
      await write(twin.columns);
      return twin;
    }
  }

  /** Stripe sends an event once for each endpoint, in the version of each. */
  async function replaceIn(
    tx: InboxTx,
    received: ReceivedEvent,
    source: EventSource,
    holdFor?: HoldReason,
  ): Promise<RecordOutcome> {
    const { event, body } = received;
    const row = { ...rowOf(received), body: seal.seal(body), source };
    const { isSent, why } = await inPlace(tx, event, holdFor, (columns) =>
      tx
        .updateTable('stripe_event')
        .set({ ...row, ...columns })
        .where('id', '=', event.id)
        .execute(),
    );
    if (isSent) await plan(tx, event, source);
    return { outcome: 'replaced', ...why };
  }

  async function release(tx: InboxTx, id: string): Promise<string[]> {
    const row = await rowFor(tx, id);
    const event = row?.held ? parseEvent(seal.open(row.body)) : undefined;
    if (row === undefined || event === undefined || holdReason(event) !== undefined) return [];
    const { isSent } = await inPlace(tx, event, undefined, (columns) =>
      tx.updateTable('stripe_event').set(columns).where('id', '=', id).execute(),
    );
    if (!isSent) return [];
    await plan(tx, event, row.source);
    return [id];
  }

  async function find(id: string): Promise<StoredEvent | undefined> {
    const row = await rowFor(store.db, id);
    const body = row && seal.open(row.body);
    const event = body && parseEvent(body);
    return event && { event, body };
  }

  return {
    deliveries,
    sinks: [...queues.keys()],
    queueOf,
    async record(received, source = 'stripe', holdFor) {
      const result = await store
        .transaction(async (tx) => {
          try {
            return await recordIn(tx, received, source, holdFor);
          } catch (error) {
            // On MySQL another process may have recorded it since we looked.
            const first = isDuplicateKey(error) ? await rowFor(tx, received.event.id) : undefined;
            if (first === undefined) throw error;
            return knownAs(seal.open(first.body), received.body);
          }
        })
        .catch((error: unknown) => {
          if (isStoreUnavailable(error)) lastRefused = { error, at: performance.now() };
          throw error;
        });
      lastRefused = undefined;
      if (result.outcome === 'recorded') events += 1;
      return result;
    },
    find,
    async countAlike(event, { since, until }) {
      const customer = customerOf(event);
      if (customer === undefined) return 0;
      const done = await deliveries.list({ states: ['done'], group: customer, limit: 10_000 });
      let alike = 0;
      for (const { id, settledAt } of done) {
        if (id === event.id || settledAt === null || settledAt < since) continue;
        if (until !== undefined && settledAt > until) continue;
        const other = await find(id);
        if (other && isAlike(other.event, event)) alike += 1;
      }
      return alike;
    },
    async firstReceivedAt() {
      const row = await store.db
        .selectFrom('stripe_event')
        .select('received_at')
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst();
      return row && new Date(row.received_at);
    },
    replay: (ids) =>
      store.transaction(async (tx) => {
        const there = await notErased(tx, ids);
        const replayed = await deliveries.replay(there, { tx });
        const others = there.filter((id) => !replayed.includes(id));
        for (const id of others) replayed.push(...(await release(tx, id)));
        return replayed;
      }),
    skip: (ids) =>
      store.transaction(async (tx) => {
        const skipped = await deliveries.drop(ids, 'skipped by a person', { tx });
        for (const id of ids.filter((one) => !skipped.includes(one))) {
          const { numUpdatedRows } = await tx
            .updateTable('stripe_event')
            .set({ held: null })
            .where('id', '=', id)
            .where('held', 'is not', null)
            .executeTakeFirstOrThrow();
          if (numUpdatedRows > 0n) skipped.push(id);
        }
        return skipped;
      }),
    async purge(before) {
      const all = [deliveries, ...queues.values()];
      const purged = await purgeInbox(store, all, before);
      events -= purged;
      if (purged > 0 && 'file' in place) compactAfterPurge(place.file);
      return purged;
    },
    findReader: (address) => findReader(store, seal, address),
    erase: (ids) => eraseEvents(store, ids),
    holdTurn: (holder, ms) => store.transaction((tx) => holdTurn(tx, holder, ms)),
    async endTurn(holder) {
      await store.transaction((tx) =>
        tx.updateTable('stripe_turn').set({ until: 0 }).where('holder', '=', holder).execute(),
      );
    },
    async check() {
      await store.transaction((tx) => writeCheck(tx));
      if (lastRefused && performance.now() - lastRefused.at < FATE_KEPT_MS) throw lastRefused.error;
    },
    close: store.close,
    [Symbol.asyncDispose]: store.close,
    ...readInbox(store, seal),
  };
}

/** Where an event stands in the inbox: sent on, held, or the twin of another. */
interface EventPlace {
  isSent: boolean;
  columns: { held: HoldReason | null; counts_once: string | null; twin_of: string | null };
  why: { held?: HoldReason; twinOf?: string };
}

function knownAs(first: Uint8Array, body: Uint8Array): RecordOutcome {
  // Of one that was erased only the id is known.
  const isSame = first.byteLength === 0 || Buffer.compare(first, body) === 0;
  return { outcome: isSame ? 'duplicate' : 'conflict' };
}

function rowOf({ event, signature, secretId, remoteAddress }: ReceivedEvent) {
  return {
    id: event.id,
    type: event.type,
    api_version: event.api_version ?? null,
    livemode: event.livemode ? (1 as const) : (0 as const),
    customer: customerOf(event) ?? null,
    signature,
    secret_id: secretId,
    remote_address: remoteAddress,
  };
}

async function rowFor(db: Pick<InboxTx, 'selectFrom'>, id: string) {
  return db
    .selectFrom('stripe_event')
    .select(['body', 'held', 'source'])
    .where('id', '=', id)
    .executeTakeFirst();
}

async function firstAbout(tx: InboxTx, subject: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('stripe_event')
    .select('id')
    .where('counts_once', '=', subject)
    .executeTakeFirst();
  return row?.id;
}
