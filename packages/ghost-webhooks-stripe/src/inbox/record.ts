import { type Clock, isDuplicateKey, type Queue } from '@prosora/durable';
import { parseEvent, type StripeEvent } from '../webhook/event.ts';
import { type ReceivedEvent, RefusedRequest } from '../webhook/receive.ts';
import type { BodySeal } from './body-seal.ts';
import { customerOf, type HoldReason, type LivemodePolicy, routeOf } from './ghost-events.ts';
import type { RecordOutcome, Sink } from './inbox.ts';
import { recorded, released, replaced } from './states.ts';
import type { EventSource, InboxTables, InboxTx } from './tables.ts';

/** What recording needs. */
export interface RecorderOptions {
  livemode: LivemodePolicy;
  seal: BodySeal;
  clock: Clock;
  /** The queue of deliveries to Ghost. */
  deliveries: Queue<InboxTables>;
  sinks: readonly Sink[];
  queueOf: (name: string) => Queue<InboxTables>;
  maxEvents: number;
  /** How many events there are now. */
  countNow: () => number;
}

/** Writes events and plans who gets them, within a transaction. */
export interface Recorder {
  /** @throws RefusedRequest `inbox_full` */
  record(
    tx: InboxTx,
    received: ReceivedEvent,
    source: EventSource,
    holdFor?: HoldReason,
  ): Promise<RecordOutcome>;
  /** Sends a held event on, where the options let it through by now; false where they do not. */
  release(tx: InboxTx, id: string): Promise<boolean>;
}

const NO_PAYLOAD = new Uint8Array();

/** Makes the recorder of an inbox. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { livemode, seal, clock, deliveries, sinks, queueOf, maxEvents, countNow } = options;

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

  async function recordNew(
    tx: InboxTx,
    received: ReceivedEvent,
    source: EventSource,
    holdFor?: HoldReason,
  ): Promise<RecordOutcome> {
    const { event, body } = received;
    const known = await rowFor(tx, event.id);
    const isReplaced = known?.held === 'api_version' && routeOf(event, livemode).to === 'ghost';
    if (known !== undefined && !isReplaced) return knownAs(seal.open(known.body), body);
    const isFull = known === undefined && countNow() >= maxEvents;
    if (isFull) throw new RefusedRequest('inbox_full', `The inbox holds ${countNow()} events.`);
    const held = holdReason(event) ?? holdFor;
    const row = { ...rowOf(received), body: seal.seal(body), source };
    // Stripe sends an event once for each endpoint, in the version of each.
    const { isSent, why } = isReplaced
      ? await replaced(tx, event, row, held)
      : await recorded(tx, event, { ...row, received_at: clock.now() }, held);
    if (isSent) await plan(tx, event, source);
    return { outcome: isReplaced ? 'replaced' : 'recorded', ...why };
  }

  return {
    async record(tx, received, source, holdFor) {
      try {
        return await recordNew(tx, received, source, holdFor);
      } catch (error) {
        // On MySQL another process may have recorded it since we looked.
        const first = isDuplicateKey(error) ? await rowFor(tx, received.event.id) : undefined;
        if (first === undefined) throw error;
        return knownAs(seal.open(first.body), received.body);
      }
    },
    async release(tx, id) {
      const row = await rowFor(tx, id);
      const event = row?.held ? parseEvent(seal.open(row.body)) : undefined;
      if (row === undefined || event === undefined || holdReason(event) !== undefined) return false;
      const { isSent } = await released(tx, event);
      if (isSent) await plan(tx, event, row.source);
      return isSent;
    },
  };
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

/** What is kept of an event, if any is. */
export async function rowFor(db: Pick<InboxTx, 'selectFrom'>, id: string) {
  return db
    .selectFrom('stripe_event')
    .select(['body', 'held', 'source'])
    .where('id', '=', id)
    .executeTakeFirst();
}
