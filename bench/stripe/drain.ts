import { setTimeout as delay } from 'node:timers/promises';
import {
  askForCheckout,
  bootGhost,
  createAdminClient,
} from '../../packages/ghost-local/src/index.ts';
import { sign } from '../../packages/ghost-webhooks-stripe/src/index.ts';
import { startSandbox } from '../../packages/sandbox/src/index.ts';
import type { Figure } from '../figure.ts';
import { type Shot, saturate } from './load.ts';
import { jobsIn, type RunningInbox, startInbox, temporaryFolder } from './running.ts';

const EVENTS = 1_000;
const READERS = 40;
/** `stripe-api.js` of Ghost 6.65: 95 % of 25 a second with a test key. */
const GHOSTS_OWN_LIMIT = 23.75;
const GHOST_SECRET = 'whsec_of_ghost_in_the_bench';

/** Drains a backlog of subscription events into a real Ghost, beside the rate that Ghost allows itself at Stripe. */
export async function measureDrain(): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(
    await startSandbox({ port: 0, dataDir: temporaryFolder(), vendors: { stripe: {} } }),
  );
  const { stripe } = sandbox;
  const { STRIPE_API_HOST = '', STRIPE_API_PORT = '', STRIPE_API_PROTOCOL = '' } = stripe.access();
  const ghost = stack.use(
    await bootGhost({
      env: { STRIPE_API_HOST, STRIPE_API_PORT, STRIPE_API_PROTOCOL, WEBHOOK_SECRET: GHOST_SECRET },
    }),
  );
  const admin = createAdminClient(ghost);
  await admin.setup();
  await admin.settings.edit({
    stripe_secret_key: stripe.secretKey,
    stripe_publishable_key: stripe.publishableKey,
  });
  while (stripe.requests.list(/billing_portal/).length === 0) await delay(200);

  const inbox = stack.use(
    await startInbox({
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      PROSORA_STRIPE_GHOST_URL: ghost.listenUrl,
      PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: GHOST_SECRET,
    }),
  );
  stripe.addWebhook({ url: inbox.url });
  const price = await tierPrice(ghost.url, admin, stripe);
  for (let reader = 0; reader < READERS; reader += 1) {
    const email = `reader-${reader}@example.com`;
    const { id } = stripe.checkouts.create({
      mode: 'subscription',
      success_url: ghost.url,
      customer_email: email,
      metadata: {},
      line_items: [{ price, quantity: 1 }],
      discounts: [],
      custom_fields: [],
    });
    stripe.checkouts.pay(id, { email });
  }
  await idle(inbox);

  // Of a type that is not coalesced, so each one costs Ghost the same calls.
  const created = stripe.events().filter(({ type }) => type === 'customer.subscription.created');
  const shots = Array.from({ length: EVENTS }, (_, at): Shot => {
    const event = { ...created[at % created.length], id: `evt_drain_${at}` };
    const body = Buffer.from(JSON.stringify(event, null, 2));
    return { body, signature: sign(body, { secrets: [stripe.webhookSecret] }) };
  });
  const started = performance.now();
  stripe.requests.clear();
  const before = (await jobsIn(inbox))['done'] ?? 0;
  await saturate(inbox.url, shots, 8);
  await idle(inbox);
  const seconds = (performance.now() - started) / 1_000;
  const done = ((await jobsIn(inbox))['done'] ?? 0) - before;
  if (done !== EVENTS) throw new Error(`Ghost took ${done} of ${EVENTS} events.`);
  const calls = stripe.requests.list(/\/v1\//).length;
  const callsPerSecond = calls / seconds;
  return [
    {
      name: `drain of ${EVENTS} subscription events into Ghost`,
      value: EVENTS / seconds,
      unit: 'events/s',
    },
    {
      name: "Ghost's calls to Stripe meanwhile",
      value: callsPerSecond,
      unit: 'calls/s',
      yardstick: { name: "Ghost's own limit, test key", value: GHOSTS_OWN_LIMIT },
      budget: {
        description: 'never above the limit, ≥ 80 % of it',
        met: callsPerSecond <= GHOSTS_OWN_LIMIT && callsPerSecond >= 0.8 * GHOSTS_OWN_LIMIT,
      },
    },
  ];
}

async function tierPrice(
  site: string,
  admin: ReturnType<typeof createAdminClient>,
  stripe: Awaited<ReturnType<typeof startSandbox>>['stripe'],
): Promise<string> {
  const email = 'first@example.com';
  const response = await askForCheckout({ admin, url: site, email });
  const { url } = (await response.json()) as { url: string };
  stripe.checkouts.pay(url.split('/').at(-1) ?? '', { email });
  return stripe.subscriptions.list()[0]?.items.data[0]?.price.id ?? '';
}

/** Resolves once nothing is on its way to Ghost. */
async function idle(inbox: RunningInbox): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await delay(200);
    const { done = 0, superseded: _, ...open } = await jobsIn(inbox);
    quiet = Object.keys(open).length === 0 && done > 0 ? quiet + 1 : 0;
  }
}
