import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';

/** An account at a Stripe of its own, with readers who pay. */
export interface TestAccount extends AsyncDisposable {
  stripe: Sandbox['stripe'];
  /** Somebody subscribes and pays; returns the subscription's id. */
  signUp(email: string): string;
}

/** Opens one. Tries of webhooks come `retryMs` apart at first, and twice as far each time. */
export async function startTestAccount({ retryMs = 50 } = {}): Promise<TestAccount> {
  const dataDir = mkdtempSync(join(tmpdir(), 'prosora-sandbox-'));
  const settings = { webhookRetryMs: retryMs };
  const sandbox = await startSandbox({ port: 0, dataDir, vendors: { stripe: { settings } } });
  const { stripe } = sandbox;
  const ask = async (path: string, form: Record<string, string>) => {
    const response = await fetch(`${stripe.url}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stripe.secretKey}` },
      body: new URLSearchParams(form),
    });
    return ((await response.json()) as { id: string }).id;
  };
  const product = await ask('products', { name: 'Bronze' });
  const price = await ask('prices', {
    product,
    currency: 'usd',
    unit_amount: '500',
    'recurring[interval]': 'month',
  });
  return {
    stripe,
    signUp: (email) => signUpAt(stripe, price, { email }),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** A reader subscribes at a price and pays, as through Ghost's checkout; returns the subscription's id. */
export function signUpAt(
  { checkouts }: Sandbox['stripe'],
  price: string,
  payer: { email: string; name?: string },
): string {
  const { id } = checkouts.create({
    mode: 'subscription',
    success_url: 'http://localhost/',
    customer_email: payer.email,
    metadata: {},
    line_items: [{ price, quantity: 1 }],
    discounts: [],
    custom_fields: [],
  });
  return checkouts.pay(id, payer).subscription as string;
}
