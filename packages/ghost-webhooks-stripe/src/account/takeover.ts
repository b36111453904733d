import { randomBytes } from 'node:crypto';
import { StripeWebhookError } from '../errors.ts';
import { GHOST_EVENTS } from '../inbox/ghost-events.ts';
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
 * @throws StripeWebhookError `PUBLIC_URL`, `STRIPE_KEY`
 */
export async function takeOver(options: TakeoverOptions): Promise<Takeover> {
  const { account, dataDir, ghostSecret } = options;
  const publicUrl = assertPublicUrl(options.publicUrl);
  const keyring = readKeyring(dataDir);
  const endpoints = await account.endpoints();
  const own = keyring.stripe.find(({ endpoint, until }) =>
    endpoints.some(({ id, url }) => id === endpoint && url === publicUrl && until === undefined),
  );
  if (ghostSecret === undefined && keyring.ghost.length === 0) {
    const secret = `whsec_${randomBytes(24).toString('hex')}`;
    keyring.ghost.push({ secret, since: Date.now() });
  }
  // Only now does Stripe tell the secret of the endpoint, so it must be sure that it can be kept.
  writeKeyring(dataDir, keyring);
  let endpoint = own?.endpoint;
  if (endpoint === undefined) {
    const made = await account.createEndpoint({ url: publicUrl, types: ENDPOINT_TYPES });
    endpoint = made.id;
    keyring.stripe.push({ secret: made.secret, since: Date.now(), endpoint });
    writeKeyring(dataDir, keyring);
  }
  return {
    endpoint,
    ghostSecret: ghostSecret ?? keyring.ghost.at(-1)?.secret ?? '',
    wasThere: own !== undefined,
    others: foreignEndpoints(endpoints, publicUrl, ownIds(dataDir)).here,
  };
}

/** The endpoints of the keyring. */
export function ownIds(dataDir: string): Set<string> {
  const ids = readKeyring(dataDir).stripe.flatMap(({ endpoint }) => endpoint ?? []);
  return new Set(ids);
}

/**
 * Endpoints of a Ghost at the same host that are not ours: those for this very address, and those
 * `elsewhere`, which may be another site's in another folder.
 */
export function foreignEndpoints(
  endpoints: readonly Endpoint[],
  publicUrl: string,
  own: ReadonlySet<string>,
): { here: Endpoint[]; elsewhere: Endpoint[] } {
  const ours = addressOf(publicUrl);
  const foreign = endpoints.filter(({ id, url }) => {
    const { host, path } = addressOf(url);
    return !own.has(id) && host === ours.host && path.endsWith('/members/webhooks/stripe');
  });
  const isHere = ({ url }: Endpoint) => addressOf(url).path === ours.path;
  return { here: foreign.filter(isHere), elsewhere: foreign.filter((it) => !isHere(it)) };
}

function addressOf(url: string): { host: string; path: string } {
  const { host, pathname } = new URL(url);
  return { host, path: pathname.replace(/\/$/, '') };
}

/** What must be so before the inbox gives its endpoint back. */
export interface GiveBackOptions extends Pick<TakeoverOptions, 'account' | 'dataDir'> {
  publicUrl: string;
  /** How many events from before a time only the inbox can still bring to Ghost. */
  owed: (before: Date) => Promise<number>;
}

/** Where Stripe reaches the inbox. @throws StripeWebhookError `PUBLIC_URL` when nobody has said it */
export function assertPublicUrl(publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  throw new StripeWebhookError('PUBLIC_URL', 'Nobody has said where Stripe reaches the inbox.', {
    help: 'Set PROSORA_STRIPE_PUBLIC_URL, such as https://blog.example.com/members/webhooks/stripe/.',
  });
}

/**
 * Deletes our endpoints at Stripe and forgets their secrets: the last step of the way back.
 *
 * @throws StripeWebhookError `REFUSED` while Ghost has no endpoint of its own, or still needs what came by ours
 */
export async function giveBack(options: GiveBackOptions): Promise<string[]> {
  const { account, dataDir, publicUrl, owed } = options;
  const own = ownIds(dataDir);
  const endpoints = await account.endpoints();
  const [ghosts] = foreignEndpoints(endpoints, publicUrl, own).here;
  if (ghosts === undefined) {
    throw new StripeWebhookError('REFUSED', 'Ghost has no endpoint of its own at Stripe yet.', {
      help: 'Take WEBHOOK_SECRET out of the environment of Ghost and restart it: it makes one at boot.',
    });
  }
  const left = await owed(new Date(ghosts.created * 1000));
  if (left > 0) {
    throw new StripeWebhookError('REFUSED', `Ghost still has to get ${left} events by the inbox.`, {
      help: 'Wait until `status` has nothing open, with the path of the webhooks still at the inbox.',
    });
  }
  const there = endpoints.filter(({ id }) => own.has(id));
  for (const { id } of there) await account.deleteEndpoint(id);
  const keyring = readKeyring(dataDir);
  const stripe = keyring.stripe.filter(({ endpoint }) => endpoint === undefined);
  writeKeyring(dataDir, { ...keyring, stripe });
  return there.map(({ id }) => id);
}
