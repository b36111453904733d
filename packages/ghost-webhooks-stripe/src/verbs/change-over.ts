import { type OptionValues, pick } from '@prosora/service';
import { RETRIES_END_MS } from '../account/keyring.ts';
import type { StripeAccount } from '../account/stripe.ts';
import { countUndelivered } from '../account/undelivered.ts';
import { createGhost } from '../deliver/ghost.ts';
import { probeOf } from '../deliver/probe.ts';
import { stripeOptions } from '../options.ts';
import { accountNeeds, inboxNeeds, secretNeeds, withInbox } from './visit.ts';

/** What a verb needs that changes who sends to whom, or with which secret. */
export const changeOverNeeds = {
  ...inboxNeeds,
  ...secretNeeds,
  ...accountNeeds,
  ...pick(stripeOptions, 'ghostUrl', 'publicUrl'),
};
/** The values of these. */
export type ChangeOverValues = OptionValues<typeof changeOverNeeds>;

/** Whether Ghost takes what is signed with these secrets; asked with an event that changes nothing. */
export async function ghostTakes(url: string, secrets: readonly string[]): Promise<boolean> {
  const answer = await createGhost({ url, secrets }).post(probeOf());
  return answer.kind === 'status' && answer.status === 200;
}

/** How many events Stripe still has to deliver; with `before` only those from before a time. */
export function missingOf(
  values: OptionValues<typeof inboxNeeds>,
  account: StripeAccount,
  before?: Date,
): Promise<number> {
  return withInbox(values, (inbox, clock) => {
    const since = new Date(clock.earliest() - RETRIES_END_MS);
    return countUndelivered(account, inbox, { since, ...(before && { before }) });
  });
}
