import { isStoreUnavailable, systemClock } from '@prosora/durable';
import { parseEvent } from '../webhook/event.ts';
import { createBodySeal } from './body-seal.ts';
import { compactAfterPurge, purgeInbox } from './care.ts';
import { emptyLog, eraseEvents, findReader, notErased } from './erase.ts';
import { customerOf, isAlike } from './ghost-events.ts';
import type { Inbox, InboxOptions, StoredEvent } from './inbox.ts';
import { idsAmong } from './list.ts';
import { endTurn, holdTurn, writeCheck } from './mysql-turn.ts';
import { countEvents, readInbox } from './reader.ts';
import { createRecorder, rowFor } from './record.ts';
import { doubtPending } from './restored.ts';
import { skipped } from './states.ts';
import { openInboxStore } from './store.ts';

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

  const recorder = createRecorder({
    livemode,
    seal,
    clock,
    deliveries,
    sinks,
    queueOf,
    maxEvents,
    countNow: () => events,
  });

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
        .transaction((tx) => recorder.record(tx, received, source, holdFor))
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
    replay: (ids, among) =>
      store.transaction(async (tx) => {
        const there = await notErased(tx, await idsAmong(tx, ids, among));
        const replayed = await deliveries.replay(there, { tx, among });
        const others = there.filter((id) => !replayed.includes(id));
        for (const id of others) if (await recorder.release(tx, id)) replayed.push(id);
        return replayed;
      }),
    skip: (asked, among) =>
      store.transaction(async (tx) => {
        const ids = await idsAmong(tx, asked, among);
        const dropped = await deliveries.drop(ids, 'skipped by a person', { tx, among });
        for (const id of ids.filter((one) => !dropped.includes(one))) {
          if (await skipped(tx, id)) dropped.push(id);
        }
        return dropped;
      }),
    doubtPending: () => store.transaction((tx) => doubtPending(tx, deliveries.name, clock.now())),
    async purge(before) {
      const all = [deliveries, ...queues.values()];
      const purged = await purgeInbox(store, all, before);
      events -= purged;
      if (purged > 0 && 'file' in place) compactAfterPurge(place.file);
      return purged;
    },
    findReader: (address) => findReader(store, seal, address),
    erase: (ids) => eraseEvents(store, ids),
    overwrite: async () => !('file' in place) || (await emptyLog(place.file)),
    holdTurn: (holder, ms) => store.transaction((tx) => holdTurn(tx, holder, ms)),
    endTurn: (holder) => store.transaction((tx) => endTurn(tx, holder)),
    async check() {
      await store.transaction((tx) => writeCheck(tx));
      if (lastRefused && performance.now() - lastRefused.at < FATE_KEPT_MS) throw lastRefused.error;
    },
    close: store.close,
    [Symbol.asyncDispose]: store.close,
    ...readInbox(store, seal),
  };
}
