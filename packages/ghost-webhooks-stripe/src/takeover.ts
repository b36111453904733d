import { randomBytes } from 'node:crypto';
import { StripeWebhookError } from './errors.ts';
import { GHOST_EVENTS } from './ghost-events.ts';
import { readKeyring, writeKeyring } from './keyring.ts';
import type { Endpoint, StripeAccount } from './stripe.ts';

/** Types that Ghost does not read and the sinks do. */
const EXTRA_TYPES = ['invoice.payment_failed', 'customer.subscription.trial_will_end'];

/** What an endpoint of the inbox asks Stripe for. */
export const ENDPOINT_TYPES: readonly string[] = [...Object.keys(GHOST_EVENTS), ...EXTRA_TYPES];

/** What a takeover needs. */
export interface TakeoverOptions {
  account: StripeAccount;
  dataDir: string;
  /** Where Stripe reaches the inbox. */
  publicUrl: string | undefined;
  /** Ghost's WEBHOOK_SECRET where the environment has one already. */
  ghostSecret?: string | undefined;
}

/** What there is after it. */
export interface Takeover {
  endpoint: string;
  /** For Ghost's environment. */
  ghostSecret: string;
  /** Whether the endpoint was there before. */
  wasThere: boolean;
  /** Endpoints by which Stripe reaches the same address in another way: Ghost's own. */
  others: Endpoint[];
}

/**
 * Gives the inbox an endpoint of its own at Stripe, in the version that Ghost reads, and a secret for
 * the way from the inbox to Ghost. Doing it again changes nothing.
 *
 * @throws StripeWebhookError `USAGE`, `STRIPE_KEY`
 */
export async function takeOver(options: TakeoverOptions): Promise<Takeover> {
  const { account, dataDir, publicUrl, ghostSecret } = options;
  if (publicUrl === undefined) {
    throw new StripeWebhookError('USAGE', 'Nobody has said where Stripe reaches the inbox.', {
      help: 'Set PROSORA_STRIPE_PUBLIC_URL, such as https://blog.example.com/members/webhooks/stripe/.',
    });
  }
  const keyring = readKeyring(dataDir);
  const endpoints = await account.endpoints();
  const own = keyring.stripe.find(({ endpoint, until }) =>
    endpoints.some(({ id, url }) => id === endpoint && url === publicUrl && until === undefined),
  );
  if (ghostSecret === undefined && keyring.ghost.length === 0) {
    const secret = `whsec_${randomBytes(24).toString('hex')}`;
    keyring.ghost.push({ secret, since: Date.now() });
  }
  let endpoint = own?.endpoint;
  if (endpoint === undefined) {
    const made = await account.createEndpoint({ url: publicUrl, types: ENDPOINT_TYPES });
    endpoint = made.id;
    keyring.stripe.push({ secret: made.secret, since: Date.now(), endpoint });
  }
  writeKeyring(dataDir, keyring);
  return {
    endpoint,
    ghostSecret: ghostSecret ?? keyring.ghost.at(-1)?.secret ?? '',
    wasThere: own !== undefined,
    others: foreignEndpoints(endpoints, publicUrl, ownIds(dataDir)),
  };
}

/** The endpoints of the keyring. */
export function ownIds(dataDir: string): Set<string> {
  const ids = readKeyring(dataDir).stripe.flatMap(({ endpoint }) => endpoint ?? []);
  return new Set(ids);
}

/** Endpoints for the same site's webhooks that are not ours. */
export function foreignEndpoints(
  endpoints: readonly Endpoint[],
  publicUrl: string,
  own: ReadonlySet<string>,
): Endpoint[] {
  const { host } = new URL(publicUrl);
  return endpoints.filter(({ id, url }) => {
    const { host: theirs, pathname } = new URL(url);
    return !own.has(id) && theirs === host && /\/members\/webhooks\/stripe\/?$/.test(pathname);
  });
}

/** Deletes our endpoints at Stripe and forgets their secrets: the way back. */
export async function giveBack({
  account,
  dataDir,
}: Pick<TakeoverOptions, 'account' | 'dataDir'>): Promise<string[]> {
  const own = ownIds(dataDir);
  const there = (await account.endpoints()).filter(({ id }) => own.has(id));
  for (const { id } of there) await account.deleteEndpoint(id);
  const keyring = readKeyring(dataDir);
  const stripe = keyring.stripe.filter(({ endpoint }) => endpoint === undefined);
  writeKeyring(dataDir, { ...keyring, stripe });
  return there.map(({ id }) => id);
}
