import { CLOCKS_APART_MS, type GhostAdmin } from '../deliver/ghost-admin.ts';
import { isAlike, isRepeatable } from '../inbox/ghost-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { StripeEvent } from '../webhook/event.ts';
import { GHOST_API_VERSION } from '../webhook/legacy-event.ts';
import { RETRIES_END_MS } from './keyring.ts';
import type { ListedEvent } from './stripe.ts';

/** Something that Ghost should know and may not. */
export interface Repair {
  /** `lost`: Stripe has an event that the inbox lacks. The others: Stripe and Ghost tell differently of a subscription. */
  kind: 'lost' | 'unknown-to-ghost' | 'stale-in-ghost';
  /** Id and type of the event that repairs it. */
  id: string;
  type: string;
  /** The customer or the object it is about. */
  subject: string;
  /** For a person. */
  why: string;
  /** Makes the event, in the shape that Ghost reads; `undefined` when its object is gone. */
  build: () => Promise<StripeEvent | undefined>;
}

type Frame = Pick<ListedEvent, 'id' | 'type' | 'created' | 'livemode'>;

/** An event in the shape that Ghost reads, around an object as Stripe has it now. */
export function envelope({ id, type, created, livemode }: Frame, object: object): StripeEvent {
  const data = { object };
  return { id, object: 'event', api_version: GHOST_API_VERSION, created, livemode, type, data };
}

/**
 * What became of a repair: it goes to Ghost, its object is gone at Stripe, Ghost has counted it, the inbox
 * has it or another event about the same payment, or it is held: a person has to look.
 */
export type RepairOutcome = 'sent' | 'gone' | 'counted' | 'known' | 'twin' | 'held';

/**
 * Puts repairs into the inbox, from where they go to Ghost like every other event. An event that Ghost counts
 * each time is sent only where Ghost says that it has not counted it, and is else held.
 */
export async function repair(
  repairs: readonly Repair[],
  inbox: Pick<Inbox, 'record' | 'countAlike'>,
  admin?: GhostAdmin,
): Promise<{ repair: Repair; outcome: RepairOutcome }[]> {
  const repaired: { repair: Repair; outcome: RepairOutcome }[] = [];
  const counted: StripeEvent[] = [];
  for (const one of repairs) {
    const event = await one.build();
    repaired.push({
      repair: one,
      outcome: event === undefined ? 'gone' : await bring(event, inbox, admin, counted),
    });
  }
  return repaired;
}

async function bring(
  event: StripeEvent,
  inbox: Pick<Inbox, 'record' | 'countAlike'>,
  admin: GhostAdmin | undefined,
  counted: StripeEvent[],
): Promise<RepairOutcome> {
  const answer = isRepeatable(event) ? 'no' : await askGhost(event, inbox, admin, counted);
  if (answer === 'yes') {
    counted.push(event);
    return 'counted';
  }
  const received = {
    event,
    body: Buffer.from(JSON.stringify(event, null, 2)),
    signature: '',
    timestamp: Math.floor(Date.now() / 1000),
    secretId: '',
    remoteAddress: null,
  };
  const holdFor = answer === 'no' ? undefined : 'ambiguous';
  const result = await inbox.record(received, 'reconcile', holdFor);
  if ('held' in result) return 'held';
  if ('twinOf' in result) return 'twin';
  return result.outcome === 'recorded' || result.outcome === 'replaced' ? 'sent' : 'known';
}

async function askGhost(
  event: StripeEvent,
  inbox: Pick<Inbox, 'countAlike'>,
  admin: GhostAdmin | undefined,
  counted: readonly StripeEvent[],
) {
  if (admin === undefined) return 'unknown';
  // Ghost has got it while Stripe tried, or never.
  const madeAt = Number(event.created) * 1000;
  const time = {
    since: new Date(madeAt - CLOCKS_APART_MS),
    until: new Date(madeAt + RETRIES_END_MS),
  };
  const isClaimed = (other: StripeEvent) =>
    isAlike(other, event) && Math.abs(Number(other.created) * 1000 - madeAt) < RETRIES_END_MS;
  const alike = (await inbox.countAlike(event, time)) + counted.filter(isClaimed).length;
  return admin.hasCounted(event, { ...time, alike });
}
