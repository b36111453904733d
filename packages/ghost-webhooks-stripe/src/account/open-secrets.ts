import type { OptionValues } from '@prosora/service';
import { StripeWebhookError } from '../errors.ts';
import type { stripeOptions } from '../options.ts';
import { readGhostWebhookSecret } from './ghost-database.ts';
import { createSecrets, type Secrets } from './secrets.ts';

/** Who signs: Stripe for us, and we for Ghost. */
export type SecretSide = 'stripe' | 'ghost';

const VARIABLES: Record<SecretSide, string> = {
  stripe: 'STRIPE_WEBHOOK_SECRET',
  ghost: 'PROSORA_STRIPE_GHOST_WEBHOOK_SECRET',
};

/**
 * Gathers the secrets that the options lead to, and refuses to go on without those that are needed. `now`: a clock that
 * does not jump, by which former secrets end, in milliseconds since 1970.
 *
 * @throws StripeWebhookError `SECRETS_INVALID`, `GHOST_DATABASE`
 */
export async function openSecrets(
  values: Pick<
    OptionValues<typeof stripeOptions>,
    'dataDir' | 'secrets' | 'ghostSecrets' | 'ghostDatabase'
  >,
  now: () => number = Date.now,
  needed: readonly SecretSide[] = ['stripe', 'ghost'],
): Promise<Secrets> {
  const { dataDir, secrets: stripe, ghostSecrets: ghost, ghostDatabase } = values;
  const readGhostSecret = ghostDatabase ? () => readGhostWebhookSecret(ghostDatabase) : undefined;
  const secrets = createSecrets({ dataDir, stripe, ghost, readGhostSecret, now });
  await secrets.askGhost();
  const missing = needed
    .filter((side) => secrets[side]().length === 0)
    .map((side) => VARIABLES[side]);
  if (missing.length === 0) return secrets;
  throw new StripeWebhookError('SECRETS_INVALID', `There is no ${missing.join(' and no ')}.`, {
    help: "Set it, run `prosora-stripe takeover`, or name Ghost's database with PROSORA_STRIPE_GHOST_DATABASE once Ghost is connected to Stripe.",
  });
}
