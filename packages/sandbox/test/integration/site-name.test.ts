import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '@prosora/service';
import { Resend as ResendSdk } from 'resend';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/index.ts';

const cleanup = new AsyncDisposableStack();
const taken: string[] = [];
let sandbox: Sandbox;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandbox-site-'));
  cleanup.defer(() => rm(dataDir, { recursive: true }));
  const server = createServer((request, response) => {
    taken.push(String(request.url));
    request.resume();
    response.end();
  });
  const inside = await listen(server, { host: '127.0.0.1', port: 0 });
  cleanup.defer(() => inside.close());
  const origin = `http://127.0.0.1:${inside.port}`;
  sandbox = await startSandbox({ port: 0, dataDir, site: { name: 'blog.example.com', origin } });
  cleanup.defer(() => sandbox.close());
});
afterAll(() => cleanup.disposeAsync());

test('webhooks for the name that vendors know go to where the site is reached', async () => {
  const { apiKey, url: baseUrl } = sandbox.resend;
  const resend = new ResendSdk(apiKey, { baseUrl });
  const endpoint = 'https://blog.example.com/webhooks/resend';
  await resend.webhooks.create({ endpoint, events: ['email.delivered'] });
  await resend.emails.send({ from: 'a@b.example', to: 'c@d.example', subject: 'x', text: 'x' });
  const { hostname, port } = new URL(sandbox.stripe.url);
  const stripe = new Stripe(sandbox.stripe.secretKey, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
  });
  await stripe.webhookEndpoints.create({
    url: 'https://blog.example.com/members/webhooks/stripe/',
    enabled_events: ['customer.created'],
  });
  await stripe.customers.create({ email: 'c@d.example' });
  await expect
    .poll(() => taken.toSorted(), { timeout: 5_000 })
    .toEqual(['/members/webhooks/stripe/', '/webhooks/resend']);
  const { data } = await resend.webhooks.list();
  expect(data?.data[0]?.endpoint).toBe(endpoint);
});
