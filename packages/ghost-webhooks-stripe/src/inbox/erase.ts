import { DatabaseSync } from 'node:sqlite';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { parseEvent } from '../webhook/event.ts';
import type { BodySeal } from './body-seal.ts';
import { customerOf } from './ghost-events.ts';
import type { InboxStore } from './store.ts';
import type { InboxTx } from './tables.ts';

/** What the inbox has of a reader. */
export interface ReaderTraces {
  /** Ids of events, oldest first: those that hold the address, and the others of the same customers at Stripe. */
  events: string[];
  /** How many there are of each type. */
  types: Record<string, number>;
  customers: string[];
  /** Those that somebody still has to get: what is in them is needed. */
  waiting: string[];
}

/** Bounds what is in memory, and how long a write holds the lock that the acknowledgement of events needs. */
const AT_ONCE = 200;

/**
 * Finds the events of a reader by an e-mail address, upper or lower case alike. Reads every event, since a body may
 * be sealed and holds addresses in several places.
 */
export async function findReader(
  store: InboxStore,
  seal: BodySeal,
  address: string,
): Promise<ReaderTraces> {
  const customers = new Set<string>();
  const byAddress = new Set<string>();
  const wanted = address.toLowerCase();
  const whole = wholeWord(wanted);
  // JSON may write any other sign in several ways, so that only the parsed text tells.
  const isPlain = /^[!#-[\]-~]+$/.test(wanted);
  for await (const { id, body } of eventsOf(store)) {
    const opened = seal.open(body);
    if (isPlain && !Buffer.from(opened).toString().toLowerCase().includes(wanted)) continue;
    const event = parseEvent(opened);
    if (event === undefined || !holds(event.data, whole)) continue;
    byAddress.add(id);
    const customer = customerOf(event);
    if (customer !== undefined) customers.add(customer);
  }
  const traces: ReaderTraces = { events: [], types: {}, customers: [...customers], waiting: [] };
  for await (const { id, type, customer, body, held } of eventsOf(store)) {
    const isTheirs = byAddress.has(id) || (customer !== null && customers.has(customer));
    if (!isTheirs || body.byteLength === 0) continue;
    if (held !== null || (await isWanted(store, id))) {
      traces.waiting.push(id);
      continue;
    }
    traces.events.push(id);
    traces.types[type] = (traces.types[type] ?? 0) + 1;
  }
  return traces;
}

/**
 * Erases what is in events, and keeps their ids, so that Stripe's repeat of one is known and not sent to Ghost again.
 * One that somebody still has to get by now is left as it is. Returns how many were erased.
 */
export async function eraseEvents(store: InboxStore, ids: readonly string[]): Promise<number> {
  let erased = 0;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    erased += await store.transaction(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('stripe_event')
        .set({ body: new Uint8Array(), customer: null, signature: '', remote_address: null })
        .where('id', 'in', some)
        .where('held', 'is', null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('job')
                .select('job.seq')
                .whereRef('job.id', '=', 'stripe_event.id')
                .where('job.state', 'not in', FINISHED),
            ),
          ),
        )
        .executeTakeFirstOrThrow();
      // The payloads of sinks are made of the event, and the group of a job is the customer.
      await tx
        .updateTable('job')
        .set({ payload: new Uint8Array(), grp: null, reason: null })
        .where('id', 'in', some)
        .where('state', 'in', FINISHED)
        .execute();
      const seqs = tx.selectFrom('job').select('seq').where('id', 'in', some);
      const finished = seqs.where('state', 'in', FINISHED);
      await tx.deleteFrom('job_payload').where('seq', 'in', finished).execute();
      // A handler's error may name a reader.
      await tx
        .updateTable('job_attempt')
        .set({ reason: null })
        .where('seq', 'in', finished)
        .execute();
      return Number(numUpdatedRows);
    });
  }
  return erased;
}

/** The ids among these of events that were not erased, in their order. */
export async function notErased(tx: InboxTx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('stripe_event')
    .select('id')
    .where('id', 'in', ids)
    .where(sql<number>`length(body)`, '=', 0)
    .execute();
  const erased = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !erased.has(id));
}

/** For so long a reader of the file may keep its log from being emptied. */
const LOG_TRIES = 100;
const LOG_WAIT_MS = 50;

/** Moves what is in the log of an SQLite file into it, where what was erased is overwritten; false when it is in use. */
export async function emptyLog(file: string): Promise<boolean> {
  using database = new DatabaseSync(file);
  const checkpoint = database.prepare('pragma wal_checkpoint(truncate)');
  for (let tries = 0; tries < LOG_TRIES; tries += 1) {
    if (checkpoint.get()?.['busy'] === 0) return true;
    // Whoever uses it may be this process, which has to go on meanwhile.
    await setTimeout(LOG_WAIT_MS);
  }
  return false;
}

const FINISHED = ['done', 'superseded', 'dropped'] as const;

async function isWanted(store: InboxStore, id: string): Promise<boolean> {
  const job = await store.db
    .selectFrom('job')
    .select('seq')
    .where('id', '=', id)
    .where('state', 'not in', FINISHED)
    .limit(1)
    .executeTakeFirst();
  return job !== undefined;
}

async function* eventsOf(store: InboxStore) {
  for (let after = 0; ; ) {
    const rows = await store.db
      .selectFrom('stripe_event')
      .select(['seq', 'id', 'type', 'customer', 'body', 'held'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(AT_ONCE)
      .execute();
    yield* rows;
    // Events that come in at this moment are taken meanwhile.
    await setImmediate();
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}

/** The address, and not a longer one that ends or begins like it. */
function wholeWord(address: string): RegExp {
  const literal = address.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w.%+-])${literal}(?![\\w-]|\\.\\w)`, 'iu');
}

function holds(value: unknown, whole: RegExp): boolean {
  if (typeof value === 'string') return whole.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((inner) => holds(inner, whole));
}
