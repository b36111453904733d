import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Job } from '@prosora/durable';
import { listen } from '@prosora/service';
import { expect, test, vi } from 'vitest';
import { createHandlerCall, loadHandlers } from '../../../src/sinks/handler-sink.ts';
import { bytesOf, eventLike, recordedEvents } from '../../fixtures/events.ts';
import { startGhostTarget } from '../../fixtures/ghost-target.ts';
import { inboxEnv, readMetric, send, startInbox } from '../../fixtures/running-inbox.ts';

const moduleWith = (source: string) => {
  const file = join(mkdtempSync(join(tmpdir(), 'prosora-handlers-')), 'handlers.mjs');
  writeFileSync(file, source);
  return file;
};

async function sinkJobs(privateUrl: string): Promise<Record<string, number>> {
  const lines = await readMetric(privateUrl, 'sink_jobs');
  return Object.fromEntries(
    lines.map((line) => {
      const [, sink, state] = /sink="([^"]+)",state="(\w+)"/.exec(line) ?? [];
      return [`${sink}: ${state}`, Number(line.split(' ').at(-1))];
    }),
  );
}

test('a handler that fails is tried again by itself, and neither Ghost nor the others wait for it', async () => {
  await using ghost = await startGhostTarget();
  const file = moduleWith(`
    import { appendFileSync } from 'node:fs';
    let failures = 0;
    const log = (...words) => appendFileSync(new URL('told', import.meta.url), words.join(' ') + '\\n');
    export default {
      'invoice.payment_succeeded': (event, { attempt }) => log('invoice', event.id, attempt),
      'payment.succeeded': ({ amount, currency }, { eventId, attempt }) => {
        if (failures++ < 2) throw new Error('not yet');
        log('payment', eventId, amount, currency, attempt);
      },
      donation: () => { throw Object.assign(new Error('never'), { retryable: false }); },
    };`);
  const lines: string[] = [];
  const inbox = await startInbox(inboxEnv(ghost.url, { PROSORA_STRIPE_HANDLERS: file }), lines);
  await send(inbox.url, eventLike(6));
  await send(inbox.url, eventLike(14));
  await vi.waitFor(
    async () =>
      expect(await sinkJobs(inbox.privateUrl)).toEqual({
        'on invoice.payment_succeeded: done': 1,
        'on payment.succeeded: done': 1,
        'on donation: dead': 1,
      }),
    { timeout: 20_000 },
  );
  expect(ghost.arrivals).toHaveLength(2);
  const { readFileSync } = await import('node:fs');
  const told = readFileSync(join(file, '../told'), 'utf8').trim().split('\n').sort();
  expect(told).toEqual([`invoice ${eventLike(6).id} 1`, `payment ${eventLike(6).id} 500 usd 3`]);
  await inbox.stop();
});

test('a module with a name that means nothing, or none at all, stops the start with a sentence', async () => {
  const wrong = moduleWith(`export default { 'payment.suceeded': () => undefined };`);
  const error = (message: RegExp) =>
    expect.objectContaining({ code: 'HANDLERS', message: expect.stringMatching(message) });
  await expect(loadHandlers(wrong)).rejects.toThrow(error(/payment\.suceeded/));
  await expect(loadHandlers('/nowhere.mjs')).rejects.toThrow(error(/Cannot find/));
  await expect(loadHandlers(moduleWith('export const a = 1;'))).rejects.toThrow(error(/default/));
});

test('changes of revenue go to the data source, each under a name of its own, through an upstream that fails', async () => {
  const rows: { mrr_delta: number; subscription_id: string }[] = [];
  const batches: unknown[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests += 1;
    if (requests <= 2) return response.writeHead(requests === 1 ? 402 : 500).end();
    expect(request.url).toBe('/v0/events?name=stripe_mrr_events&wait=true');
    expect(request.headers.authorization).toBe('Bearer a-token');
    rows.push(JSON.parse(body));
    batches.push(request.headers['prosora-batch']);
    response.writeHead(202).end('{"successful_rows":1,"quarantined_rows":0}');
  });
  await using upstream = await listen(server, { host: '127.0.0.1', port: 0 });
  await using ghost = await startGhostTarget();
  const inbox = await startInbox(
    inboxEnv(ghost.url, {
      TINYBIRD_HOST: upstream.url,
      PROSORA_STRIPE_TINYBIRD_TOKEN: 'a-token',
    }),
  );
  const life = recordedEvents.filter(({ type }) => type.startsWith('customer.subscription'));
  for (const event of life.slice(0, 6)) await send(inbox.url, event);
  await vi.waitFor(
    async () => expect(await sinkJobs(inbox.privateUrl)).toEqual({ 'mrr: done': rows.length }),
    { timeout: 20_000 },
  );
  // Incomplete to active, to a yearly plan, set to end, going on after all.
  expect(rows.map(({ mrr_delta }) => mrr_delta)).toEqual([500, -84, -500, 500]);
  // By Stripe's ids: numbers of a data folder come again in the next one.
  const sent = [3, 5, 9, 10].map((number) => `stripe-mrr:${eventLike(number).id}`);
  expect(batches).toEqual(sent);
  await inbox.stop();
});

test('a handler that does not end is given up and tried again', async () => {
  let calls = 0;
  const signals: AbortSignal[] = [];
  const call = createHandlerCall(
    {
      donation: (_change, { signal }) => {
        calls += 1;
        signals.push(signal);
        return calls === 1 ? new Promise(() => undefined) : undefined;
      },
    },
    'donation',
    async () => ({ event: eventLike(14), body: bytesOf(eventLike(14)) }),
    20,
  );
  const job = { id: eventLike(14).id, attempt: 1 } as Job;
  const { signal } = new AbortController();
  await expect(call(job, signal)).rejects.toThrow('did not end within 20 ms');
  expect(signals[0]?.aborted).toBe(true);
  expect(await call(job, signal)).toEqual({ kind: 'done' });
});

test('the age of the oldest event of each sink is a metric', async () => {
  await using ghost = await startGhostTarget();
  const file = moduleWith(`export default { donation: () => { throw new Error('not yet'); } };`);
  const inbox = await startInbox(inboxEnv(ghost.url, { PROSORA_STRIPE_HANDLERS: file }));
  await send(inbox.url, eventLike(14));
  await vi.waitFor(async () => {
    const [line = ''] = await readMetric(inbox.privateUrl, 'sink_oldest_pending_seconds');
    expect(line).toContain('sink="on donation"');
    expect(Number(line.split(' ').at(-1))).toBeGreaterThan(0);
  });
  await inbox.stop();
});
