import { GHOST_EVENTS } from '../inbox/ghost-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { StripeAccount } from './stripe.ts';

/**
 * How many events since a time Stripe has not delivered everywhere and the inbox lacks, those of this
 * moment too: to delete an endpoint ends Stripe's tries of them.
 */
export async function countUndelivered(
  account: StripeAccount,
  inbox: Pick<Inbox, 'known'>,
  { since, before }: { since: Date; before?: Date },
): Promise<number> {
  const ids: string[] = [];
  const types = Object.keys(GHOST_EVENTS);
  for await (const { id, created } of account.events({ since, types, undelivered: true })) {
    if (before === undefined || created * 1000 < before.getTime()) ids.push(id);
  }
  let missing = 0;
  for (let at = 0; at < ids.length; at += 100) {
    const some = ids.slice(at, at + 100);
    missing += some.length - (await inbox.known(some)).size;
  }
  return missing;
}
