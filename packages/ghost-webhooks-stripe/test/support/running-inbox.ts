import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, readOptions } from '@prosora/service';
import { sign } from '../../src/index.ts';
import { stripeOptions } from '../../src/options.ts';
import { type StripeService, startStripeService } from '../../src/service.ts';
import { bytesOf } from './events.ts';
import { HOP_SECRET } from './ghost-target.ts';

/** The endpoint's secret at Stripe in these tests. */
export const STRIPE_SECRET = 'whsec_of_the_endpoint';

/** The environment of an inbox in front of `ghostUrl`, with a folder of its own. */
export function inboxEnv(ghostUrl: string, more: Record<string, string> = {}) {
  return {
    STRIPE_WEBHOOK_SECRET: STRIPE_SECRET,
    PROSORA_STRIPE_GHOST_URL: ghostUrl,
    PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: HOP_SECRET,
    PROSORA_STRIPE_DATA_DIR: mkdtempSync(path.join(tmpdir(), 'prosora-stripe-')),
    PROSORA_STRIPE_NEW_STORE: 'yes',
    PROSORA_STRIPE_HOST: '127.0.0.1',
    PROSORA_STRIPE_PORT: '0',
    PROSORA_STRIPE_PRIVATE_PORT: '0',
    ...more,
  };
}

/** Runs an inbox in this process; its log lines go to `lines`. */
export async function startInbox(
  env: Record<string, string>,
  lines: string[] = [],
): Promise<StripeService> {
  const values = readOptions(stripeOptions, env);
  const secrets = [...values.secrets, ...values.ghostSecrets];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ name: 'stripe-inbox', level: 'trace', secrets, destination });
  return startStripeService(values, logger);
}

/** Sends an event as Stripe does and returns the answer's status. */
export async function send(url: string, event: unknown, secret = STRIPE_SECRET): Promise<number> {
  const body = bytesOf(event);
  const response = await fetch(new URL('/members/webhooks/stripe/', url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': sign(body, { secrets: [secret] }),
    },
    body: new Uint8Array(body),
  });
  await response.arrayBuffer();
  return response.status;
}

/** The lines of one of the inbox's metrics. */
export async function readMetric(privateUrl: string, name: string): Promise<string[]> {
  const text = await (await fetch(`${privateUrl}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`prosora_stripe_${name}`));
}

/** Deliveries by state, e.g. `{ done: 2 }`. */
export async function jobCounts(privateUrl: string): Promise<Record<string, number>> {
  const lines = await readMetric(privateUrl, 'jobs{');
  const stateOf = (line: string) => /state="(\w+)"/.exec(line)?.[1] ?? '';
  return Object.fromEntries(lines.map((line) => [stateOf(line), Number(line.split(' ').at(-1))]));
}
