import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  askForCheckout,
  type BootGhostOptions,
  bootGhost,
  createAdminClient,
  type RunningGhost,
} from '@prosora/ghost-local';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { expect, vi } from 'vitest';
import { HOP_SECRET } from './ghost-target.ts';
import type { InboxProcess } from './inbox-process.ts';
import { jobCounts } from './running-inbox.ts';

/** A real Ghost that is connected to a Stripe of its own. */
export interface GhostWithStripe extends AsyncDisposable {
  ghost: RunningGhost;
  sandbox: Sandbox;
  /** Key of a custom integration in Ghost. */
  adminKey: string;
  /** Begins a paid signup as Portal does and returns the checkout's page. */
  beginCheckout(email: string): Promise<string>;
  /** Fills in the checkout's page and pays. */
  pay(checkoutUrl: string, name: string): Promise<void>;
  /** Status of a member by e-mail, if there is one. */
  statusOf(email: string): Promise<unknown>;
  /** Rows of payments, subscriptions and paid events in Ghost's database. */
  counts(): Promise<Record<'payments' | 'subscriptions' | 'changes', unknown>>;
}

interface Integration {
  api_keys: { type: string; secret: string }[];
}

/**
 * On SQLite, or on the MySQL server that the options name. With `webhookUrl` Ghost has no WEBHOOK_SECRET and makes
 * an endpoint of its own at Stripe, for that address in place of its own: what the edge does elsewhere.
 */
export async function startGhostWithStripe(
  options: Pick<BootGhostOptions, 'mysql' | 'config'> & { webhookUrl?: string } = {},
): Promise<GhostWithStripe> {
  const { webhookUrl, ...site } = options;
  await using started = new AsyncDisposableStack();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'prosora-sandbox-'));
  started.defer(() => rm(dataDir, { recursive: true, force: true }));
  const settings = { webhookRetryMs: 200 };
  const sandbox = started.use(
    await startSandbox({ port: 0, dataDir, vendors: { stripe: { settings } } }),
  );
  const { stripe } = sandbox;
  const { STRIPE_API_HOST = '', STRIPE_API_PORT = '', STRIPE_API_PROTOCOL = '' } = stripe.access();
  const ghost = started.use(
    await bootGhost({
      ...site,
      // Beside other tests a first boot on MariaDB takes minutes.
      deadlineMs: 330_000,
      env: {
        STRIPE_API_HOST,
        STRIPE_API_PORT,
        STRIPE_API_PROTOCOL,
        ...(webhookUrl === undefined
          ? { WEBHOOK_SECRET: HOP_SECRET }
          : { stripeRemoteWebhooks: 'true', stripeWebhookUrl: webhookUrl }),
      },
    }),
  );
  const admin = createAdminClient(ghost);
  await admin.setup();
  await admin.settings.edit({
    stripe_secret_key: stripe.secretKey,
    stripe_publishable_key: stripe.publishableKey,
  });
  // Ghost takes the keys up a moment after it has stored them.
  await vi.waitUntil(() => stripe.requests.list(/billing_portal/).length > 0, { timeout: 20_000 });

  const { integrations } = await admin.request<{ integrations: Integration[] }>(
    'POST',
    'integrations',
    { query: { include: 'api_keys' }, json: { integrations: [{ name: 'Stripe inbox' }] } },
  );
  const adminKey = integrations[0]?.api_keys.find(({ type }) => type === 'admin')?.secret ?? '';

  const rows = async (table: string) =>
    (await ghost.sql<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n;
  const running = started.move();
  return {
    ghost,
    sandbox,
    adminKey,
    async beginCheckout(email) {
      const response = await askForCheckout({ admin, url: ghost.url, email });
      if (!response.ok)
        throw new Error(`Ghost answers ${response.status}: ${await response.text()}`);
      return ((await response.json()) as { url: string }).url;
    },
    async pay(checkoutUrl, name) {
      const page = await (await fetch(checkoutUrl)).text();
      const email = /name="email"[^>]*value="([^"]*)"/.exec(page)?.[1] ?? '';
      const paid = await fetch(`${checkoutUrl}/pay`, {
        method: 'POST',
        body: new URLSearchParams({ email, name }),
        redirect: 'manual',
      });
      if (paid.status !== 303) throw new Error(`The checkout answers ${paid.status}`);
    },
    async statusOf(email) {
      const query = 'SELECT status FROM members WHERE email = ?';
      return (await ghost.sql(query, [email]))[0]?.['status'];
    },
    async counts() {
      return {
        payments: await rows('members_payment_events'),
        subscriptions: await rows('members_stripe_customers_subscriptions'),
        changes: await rows('members_paid_subscription_events'),
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Waits until Stripe has sent everything and nothing of it is on its way to Ghost or wants a person. */
export async function untilSettled(
  { sandbox }: Pick<GhostWithStripe, 'sandbox'>,
  { privateUrl }: Pick<InboxProcess, 'privateUrl'>,
): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(sandbox.stripe.pendingWebhooks()).toBe(0);
      const { done: _, superseded: __, dropped: ___, ...open } = await jobCounts(privateUrl);
      expect(open).toEqual({});
    },
    { timeout: 60_000, interval: 200 },
  );
}
