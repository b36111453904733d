import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClockGuard, type OptionValues, pick } from '@prosora/service';
import { openSecrets, type SecretSide } from '../account/open-secrets.ts';
import type { Secrets } from '../account/secrets.ts';
import { openStripeAccount, type StripeAccount } from '../account/stripe.ts';
import { createGhostAdmin, type GhostAdmin } from '../deliver/ghost-admin.ts';
import { StripeWebhookError } from '../errors.ts';
import { openInboxClock, steadyClock } from '../inbox/clock.ts';
import type { Inbox, Sink } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open-inbox.ts';
import { INBOX_FILE, type InboxPlace, newestEventAt } from '../inbox/store.ts';
import { stripeOptions } from '../options.ts';

/** What a verb needs to find the inbox, and the clock that it goes by. */
const placeNeeds = pick(stripeOptions, 'dataDir', 'databaseUrl');
/** What a verb needs to open the inbox. */
export const inboxNeeds = { ...placeNeeds, ...pick(stripeOptions, 'livemode', 'sealKey') };
/** What a verb needs to have the secrets. */
export const secretNeeds = {
  ...placeNeeds,
  ...pick(stripeOptions, 'secrets', 'ghostSecrets', 'ghostDatabase'),
};
/** What a verb needs to plan what goes to the sinks. */
export const sinkNeeds = pick(
  stripeOptions,
  'handlers',
  'tinybirdUrl',
  'tinybirdToken',
  'tinybirdDatasource',
);
/** What a verb needs to ask Stripe. */
export const accountNeeds = pick(stripeOptions, 'stripeKey', 'stripeApi');
/** What a verb needs to ask Ghost's Admin API. */
export const adminNeeds = pick(stripeOptions, 'ghostUrl', 'ghostAdminKey');

type Place = OptionValues<typeof placeNeeds>;

/** Whether there is an inbox. */
export function hasInbox({ dataDir, databaseUrl }: Place): boolean {
  return databaseUrl !== undefined || existsSync(join(dataDir, INBOX_FILE));
}

/**
 * Runs work on the inbox that `serve` uses. A verb that plans deliveries names the `sinks` that get them too.
 *
 * @throws StripeWebhookError `DATA_DIR`
 */
export async function withInbox<Result>(
  values: OptionValues<typeof inboxNeeds> & { maxEvents?: number },
  work: (inbox: Inbox, clock: ClockGuard) => Promise<Result>,
  sinks: readonly Sink[] = [],
): Promise<Result> {
  if (!hasInbox(values)) {
    const file = join(values.dataDir, INBOX_FILE);
    throw new StripeWebhookError('DATA_DIR', `There is no inbox at ${file}.`, {
      help: 'Set PROSORA_STRIPE_DATA_DIR to the folder that serve uses; `prosora-stripe init` makes a new one.',
    });
  }
  const clock = await visitClock(values);
  await using inbox = await openInbox({
    ...values,
    ...placeOf(values),
    sinks,
    clock: steadyClock(clock),
  });
  return await work(inbox, clock);
}

/** Where the inbox that `serve` uses is. */
export function placeOf({ dataDir, databaseUrl: mysql }: Place): InboxPlace {
  return { file: join(dataDir, INBOX_FILE), mysql, mustExist: true };
}

/** The clock of the inbox as `serve` sees it. */
export function visitClock(values: Place): Promise<ClockGuard> {
  const place = placeOf(values);
  return openInboxClock({ ...values, newestEventAt: () => newestEventAt(place) });
}

/**
 * The secrets, by the clock of the inbox; by the wall clock where there is no inbox yet. `needed`: whose secrets must
 * be there.
 *
 * @throws StripeWebhookError `SECRETS_INVALID`, `GHOST_DATABASE`
 */
export async function secretsOf(
  values: OptionValues<typeof secretNeeds>,
  needed?: readonly SecretSide[],
): Promise<Secrets> {
  return openSecrets(values, await nowOf(values), needed);
}

/** What is written for `serve` goes by the same clock as what it writes itself. */
export async function nowOf(values: Place): Promise<() => number> {
  return hasInbox(values) ? (await visitClock(values)).now : Date.now;
}

/** The account at Stripe. @throws StripeWebhookError `STRIPE_KEY` */
export function accountOf(values: OptionValues<typeof accountNeeds>): StripeAccount {
  return openStripeAccount({ key: values.stripeKey, url: values.stripeApi });
}

/** Ghost's Admin API, where there is a key for it. */
export function adminOf(values: OptionValues<typeof adminNeeds>): GhostAdmin | undefined {
  const { ghostUrl: url, ghostAdminKey: key } = values;
  return key === undefined ? undefined : createGhostAdmin({ url, key });
}
