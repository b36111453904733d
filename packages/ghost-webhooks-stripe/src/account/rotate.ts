import { randomBytes } from 'node:crypto';
import { StripeWebhookError } from '../errors.ts';
import { RETRIES_END_MS, readKeyring, writeKeyring } from './keyring.ts';
import type { StripeAccount } from './stripe.ts';
import { ENDPOINT_TYPES } from './takeover.ts';

/*
 * Stripe's API cannot change the secret of an endpoint, so a second endpoint takes the place of the first.
 * While both are there each event comes twice and is recorded once. Ghost holds one secret, so until it
 * has the new one every delivery is signed with both.
 */

/** Begins to change the secret that Stripe signs with: both are taken from now on. Returns the new endpoint. */
export async function beginStripeRotation(
  account: StripeAccount,
  dataDir: string,
  publicUrl: string | undefined,
  now: () => number,
): Promise<string> {
  const keyring = readKeyring(dataDir);
  const former = (await account.endpoints()).find(({ id }) =>
    keyring.stripe.some(({ endpoint }) => endpoint === id),
  );
  const url = publicUrl ?? former?.url;
  if (url === undefined || former === undefined) {
    throw new StripeWebhookError('REFUSED', 'The inbox has no endpoint of its own at Stripe.', {
      help: 'Run `takeover` first; the secret of an endpoint that you made is rolled in the dashboard: set both in STRIPE_WEBHOOK_SECRET meanwhile.',
    });
  }
  const { id, secret } = await account.createEndpoint({ url, types: ENDPOINT_TYPES });
  keyring.stripe.push({ secret, since: now(), endpoint: id });
  writeKeyring(dataDir, keyring);
  return id;
}

/**
 * Ends it: deletes all endpoints of ours but the newest. Deleting one ends Stripe's pending retries for
 * it, so nothing of the last days may be missing from the inbox: `missing` says what is.
 *
 * @throws StripeWebhookError `REFUSED` when something is missing
 */
export async function finishStripeRotation(
  account: StripeAccount,
  dataDir: string,
  missing: () => Promise<number>,
  now: () => number,
): Promise<string[]> {
  const keyring = readKeyring(dataDir);
  const newest = keyring.stripe.findLast(({ endpoint }) => endpoint !== undefined);
  const lost = await missing();
  if (lost > 0) {
    throw new StripeWebhookError('REFUSED', `${lost} events of the last days are not here yet.`, {
      help: 'Wait for Stripe to send them, or run `reconcile --since 4d --apply`, then finish again.',
    });
  }
  const there = new Set((await account.endpoints()).map(({ id }) => id));
  const former = keyring.stripe.filter(
    ({ endpoint }) => endpoint !== undefined && endpoint !== newest?.endpoint,
  );
  const deleted: string[] = [];
  for (const { endpoint = '' } of former) {
    if (!there.has(endpoint)) continue;
    await account.deleteEndpoint(endpoint);
    deleted.push(endpoint);
  }
  const until = now() + RETRIES_END_MS;
  const stripe = keyring.stripe.map((entry) =>
    former.includes(entry) ? { until, ...entry } : entry,
  );
  writeKeyring(dataDir, { ...keyring, stripe });
  return deleted;
}

/** Begins to change the secret between the inbox and Ghost: deliveries carry both. Returns the new one, for Ghost. */
export function beginGhostRotation(dataDir: string, present: readonly string[]): string {
  const keyring = readKeyring(dataDir);
  const secret = `whsec_${randomBytes(24).toString('hex')}`;
  const now = Date.now();
  const known = new Set(keyring.ghost.map((entry) => entry.secret));
  const others = present
    .filter((one) => !known.has(one))
    .map((one) => ({ secret: one, since: now }));
  writeKeyring(dataDir, {
    ...keyring,
    ghost: [...others, ...keyring.ghost, { secret, since: now }],
  });
  return secret;
}

/**
 * Ends it once Ghost takes what is signed with the new secret alone, and forgets the former ones.
 *
 * @throws StripeWebhookError `REFUSED` while Ghost still wants a former secret
 */
export async function finishGhostRotation(
  dataDir: string,
  ghostTakes: (secret: string) => Promise<boolean>,
): Promise<void> {
  const keyring = readKeyring(dataDir);
  const newest = keyring.ghost.at(-1);
  if (newest === undefined || !(await ghostTakes(newest.secret))) {
    throw new StripeWebhookError('REFUSED', 'Ghost does not take the new secret yet.', {
      help: 'Set the line that `rotate ghost` printed in its environment, restart it, finish again.',
    });
  }
  writeKeyring(dataDir, { ...keyring, ghost: [newest] });
}
