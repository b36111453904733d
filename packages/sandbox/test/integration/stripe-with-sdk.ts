import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Listener, listen } from '@prosora/service';
import Stripe from 'stripe';
import { vi } from 'vitest';
import { type Sandbox, type StripeOptions, startSandbox } from '../../src/index.ts';

/** A sandbox in a fresh folder, and Stripe's own SDK pointed at it. */
export interface StripeWithSdk extends AsyncDisposable {
  sandbox: Sandbox;
  sdk: Stripe;
  dataDir: string;
}

export async function startStripeWithSdk(
  options: { stripe?: StripeOptions; dataDir?: string } = {},
): Promise<StripeWithSdk> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'prosora-sandbox-')));
  const vendors = { stripe: { settings: { webhookRetryMs: 20 }, ...options.stripe } };
  const sandbox = await startSandbox({ port: 0, dataDir, vendors });
  const { hostname, port } = new URL(sandbox.stripe.url);
  const sdk = new Stripe(sandbox.stripe.secretKey, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    // The SDK's types are of a newer version; the stand-in speaks the one that Ghost registers.
    apiVersion: '2020-08-27' as never,
    telemetry: false,
  });
  return {
    sandbox,
    sdk,
    dataDir,
    [Symbol.asyncDispose]: async () => {
      await sandbox.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One webhook as it came, checked by the SDK. */
interface TakenEvent {
  id: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is inside is what the tests look at
  object: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  previous: any;
  apiVersion: string | null;
  signature: string;
}

/** A receiver of webhooks that verifies each with `stripe.webhooks.constructEvent`. */
export interface Receiver extends AsyncDisposable {
  url: string;
  taken: TakenEvent[];
  /** What the next requests are answered; 200 when it is used up. */
  answers: number[];
  types(): string[];
  /** Resolves once an event of a type has come. */
  has(type: string): Promise<TakenEvent>;
}

export async function startReceiver(secret: string): Promise<Receiver> {
  const taken: TakenEvent[] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    const signature = String(request.headers['stripe-signature']);
    const event = Stripe.webhooks.constructEvent(await buffer(request), signature, secret);
    taken.push({
      id: event.id,
      type: event.type,
      object: event.data.object,
      previous: event.data.previous_attributes,
      apiVersion: event.api_version,
      signature,
    });
    response.writeHead(answers.shift() ?? 200).end();
  });
  const listener: Listener = await listen(server, { host: '127.0.0.1', port: 0 });
  return {
    url: listener.url,
    taken,
    answers,
    types: () => taken.map(({ type }) => type),
    has: (type) =>
      vi.waitUntil(() => taken.find((event) => event.type === type), { timeout: 5_000 }),
    [Symbol.asyncDispose]: () => listener.close(0),
  };
}

/** A tier as Ghost makes it at Stripe: a product with a monthly and a yearly price. */
export async function createTier(sdk: Stripe) {
  const product = await sdk.products.create({ name: 'Bronze' });
  const price = (unit_amount: number, interval: 'month' | 'year') =>
    sdk.prices.create({
      currency: 'usd',
      product: product.id,
      unit_amount,
      recurring: { interval },
      nickname: interval === 'month' ? 'Monthly' : 'Yearly',
    });
  return { product, monthly: await price(500, 'month'), yearly: await price(5_000, 'year') };
}

/** A checkout for a subscription, as Ghost asks for it. */
export async function createCheckout(sdk: Stripe, priceId: string, more: object = {}) {
  return sdk.checkout.sessions.create({
    success_url: 'https://blog.example.com/?stripe=success',
    cancel_url: 'https://blog.example.com/?stripe=cancel',
    customer_email: 'ada@example.com',
    metadata: { ghostTierId: 'tier' },
    subscription_data: { items: [{ plan: priceId }], metadata: { attribution_id: 'post' } },
    ...more,
  } as never);
}
