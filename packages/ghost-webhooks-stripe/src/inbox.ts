import { hash } from 'node:crypto';
import {
  type Clock,
  type DurableTables,
  openStore,
  type Queue,
  type Store,
  systemClock,
} from '@prosora/durable';
import type { Transaction } from 'kysely';
import type { StoredEvent } from './deliver.ts';
import { parseEvent, type StripeEvent } from './event.ts';
import { customerOf, type HoldReason, type LivemodePolicy, routeOf } from './ghost-events.ts';
import { type InboxTables, inboxMigrations } from './inbox-tables.ts';
import type { ReceivedEvent } from './receive.ts';

/** What became of an event that came in. */
export type RecordOutcome =
  | { outcome: 'recorded'; held?: HoldReason }
  /** Known already; nothing was changed. `conflict`: with other bytes, of which the first are kept. */
  | { outcome: 'duplicate' | 'conflict' };

/** An event that is not sent to Ghost until a person has looked. */
interface HeldEvent {
  id: string;
  customer: string | null;
  reason: HoldReason;
}

/** How the inbox is opened. */
export interface InboxOptions {
  /** The SQLite file; made with mode 0600. */
  file: string;
  /** Which events go to Ghost; the others are held. */
  livemode: LivemodePolicy;
  /** (Default: the machine's clock) */
  clock?: Clock;
}

/** Every event that was acknowledged, and the queue of those that Ghost has to get. */
export interface Inbox extends AsyncDisposable {
  /** Deliveries to Ghost; a job has the id of its event and no payload. */
  readonly deliveries: Queue<InboxTables>;
  /**
   * Records an event once, by its id, and plans its delivery in the same transaction. What this resolves
   * for is on disk.
   *
   * @throws StoreUnavailableError nothing was recorded
   */
  record(received: ReceivedEvent, secretId: string): Promise<RecordOutcome>;
  find(id: string): Promise<StoredEvent | undefined>;
  /** How many events there are, and how many are held for which reason. */
  counts(): Promise<{ events: number; held: Partial<Record<HoldReason, number>> }>;
  /** Events that are held, oldest first. */
  listHeld(limit: number): Promise<HeldEvent[]>;
  /**
   * Sends events to Ghost again, whatever became of them, and held ones that the options now let
   * through. Returns the ids that will be.
   */
  replay(ids: readonly string[]): Promise<string[]>;
  /** @throws StoreUnavailableError when nothing can be written now */
  check(): Promise<void>;
  close(): Promise<void>;
}

const NO_PAYLOAD = new Uint8Array();

/** Opens the inbox, or makes it. @throws StoreUnavailableError, StoreMisusedError */
export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { file, livemode, clock = systemClock } = options;
  const store = await openStore<InboxTables>({ file, migrations: inboxMigrations, clock });
  const deliveries = store.queue('ghost');

  async function plan(tx: Tx, event: StripeEvent): Promise<HoldReason | undefined> {
    const route = routeOf(event, livemode);
    if (route.to === 'hold') return route.reason;
    if (route.to === 'ghost') {
      const { rank, group, supersedes } = route;
      const place = { ...(group && { group }), ...(supersedes && { supersedes }) };
      await deliveries.add(event.id, NO_PAYLOAD, { tx, rank, ...place });
    }
    return undefined;
  }

  async function recordIn(tx: Tx, received: ReceivedEvent, secretId: string) {
    const { event, body, signature } = received;
    const known = await bodyOf(tx, event.id);
    if (known !== undefined) {
      return { outcome: Buffer.compare(known, body) === 0 ? 'duplicate' : 'conflict' } as const;
    }
    const held = await plan(tx, event);
    await tx
      .insertInto('stripe_event')
      .values({
        id: event.id,
        type: event.type,
        api_version: event.api_version ?? null,
        livemode: event.livemode ? 1 : 0,
        customer: customerOf(event) ?? null,
        received_at: clock.now(),
        signature,
        secret_id: secretId,
        body,
        held: held ?? null,
      })
      .execute();
    return { outcome: 'recorded', ...(held && { held }) } as const;
  }

  async function release(tx: Tx, id: string): Promise<string[]> {
    const body = await bodyOf(tx, id);
    const event = body && parseEvent(body);
    if (event === undefined || (await plan(tx, event)) !== undefined) return [];
    await tx.updateTable('stripe_event').set({ held: null }).where('id', '=', id).execute();
    return [id];
  }

  return {
    deliveries,
    record: (received, secretId) => store.transaction((tx) => recordIn(tx, received, secretId)),
    async find(id) {
      const body = await bodyOf(store.db, id);
      const event = body && parseEvent(body);
      return event && { event, body };
    },
    counts: () => countEvents(store),
    async listHeld(limit) {
      const rows = await store.db
        .selectFrom('stripe_event')
        .select(['id', 'customer', 'held'])
        .where('held', 'is not', null)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.flatMap(({ held, ...row }) => (held === null ? [] : [{ ...row, reason: held }]));
    },
    replay: (ids) =>
      store.transaction(async (tx) => {
        const replayed = await deliveries.replay(ids, { tx });
        const others = ids.filter((id) => !replayed.includes(id));
        for (const id of others) replayed.push(...(await release(tx, id)));
        return replayed;
      }),
    check: () => store.transaction(async () => undefined),
    close: store.close,
    [Symbol.asyncDispose]: store.close,
  };
}

type Tx = Transaction<InboxTables & DurableTables>;

async function bodyOf(db: Pick<Tx, 'selectFrom'>, id: string): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('stripe_event')
    .select('body')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.body;
}

async function countEvents({ db }: Store<InboxTables>) {
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
  return { events, held: Object.fromEntries(rows.map((row) => [row.held, row.events])) };
}

/** Names a secret in a row or a metric without giving it away. */
export function secretIdOf(secret: string): string {
  return hash('sha256', secret).slice(0, 8);
}
