import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorker } from '@prosora/durable';
import { type ClockGuard, createLogger, listen } from '@prosora/service';
import { createSimulatedClocks, type SimulatedClocks } from '@prosora/service/testing';
import { describe, expect, test, vi } from 'vitest';
import { RETRIES_END_MS, writeKeyring } from '../../src/account/keyring.ts';
import { createSecrets } from '../../src/account/secrets.ts';
import { createApp } from '../../src/app.ts';
import { createDeliver } from '../../src/deliver/deliver.ts';
import { openInboxClock, steadyClock } from '../../src/inbox/clock.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { sign } from '../../src/index.ts';
import { createInboxMetrics } from '../../src/metrics.ts';
import { bytesOf, eventLike } from '../fixtures/events.ts';
import { runVerb } from '../fixtures/inbox-process.ts';
import { openTestInbox, received } from '../fixtures/open-test-inbox.ts';
import { inboxEnv, startInbox } from '../fixtures/running-inbox.ts';

/* A wall clock that jumped, in either direction, deletes nothing, ends nothing and delays nothing by itself. */

const DAY = 86_400_000;
const KEPT = 90 * DAY;
const SECRET = 'whsec_of_the_endpoint';

async function machine() {
  const clocks = createSimulatedClocks(Date.now());
  const dataDir = mkdtempSync(join(tmpdir(), 'prosora-clock-'));
  const guard = await openInboxClock({
    dataDir,
    clocks,
    newestEventAt: async () => undefined,
    onFault: (error) => expect.fail(String(error)),
  });
  const clock = steadyClock(guard, clocks);
  const { inbox } = await openTestInbox({ clock });
  return { clocks, guard, clock, inbox, dataDir };
}

/** As the service does each hour. */
const purge = (inbox: Inbox, guard: ClockGuard) => inbox.purge(new Date(guard.earliest() - KEPT));

/** An event that Ghost has got; of a type that it ignores, so that nothing has to be delivered. */
const arrive = (inbox: Inbox, id: string) => inbox.record(received(eventLike(7, { id })));
const days = (clocks: SimulatedClocks, guard: ClockGuard) => async (count: number) => {
  for (let day = 0; day < count; day += 1) {
    clocks.pass(DAY);
    await guard.look();
  }
};

describe('ids', () => {
  test('are not forgotten by a purge while the clock is 100 days ahead, so that a repeat is known', async () => {
    const { clocks, guard, inbox } = await machine();
    await arrive(inbox, 'evt_1');
    clocks.pass(3_600_000);
    clocks.setOff(100 * DAY);
    await guard.look();
    expect(await purge(inbox, guard)).toBe(0);
    expect(await arrive(inbox, 'evt_1')).toEqual({ outcome: 'duplicate' });
    expect(guard.doubt()?.stepMs).toBe(100 * DAY);
    clocks.setOff(0);
    await guard.look();
    expect(await purge(inbox, guard)).toBe(0);
    await inbox.close();
  });

  test('that came while the clock was 100 days behind are not forgotten once it is right', async () => {
    const { clocks, guard, inbox } = await machine();
    clocks.pass(3_600_000);
    clocks.setOff(-100 * DAY);
    await guard.look();
    await arrive(inbox, 'evt_1');
    expect(await purge(inbox, guard)).toBe(0);
    clocks.setOff(0);
    await guard.look();
    expect(await purge(inbox, guard)).toBe(0);
    expect(await arrive(inbox, 'evt_1')).toEqual({ outcome: 'duplicate' });
    await inbox.close();
  });

  test('are forgotten after their time, by a clock that jumped meanwhile as well', async () => {
    const { clocks, guard, inbox } = await machine();
    const pass = days(clocks, guard);
    await arrive(inbox, 'evt_1');
    await pass(30);
    clocks.setOff(20 * DAY);
    await pass(59);
    expect(await purge(inbox, guard)).toBe(0);
    await pass(2);
    expect(await purge(inbox, guard)).toBe(1);
    await inbox.close();
  });
});

test.each([100 * DAY, -100 * DAY])(
  'a former secret is taken for its four days and no longer, with the clock %i ms off',
  async (offMs) => {
    const { clocks, guard, inbox, dataDir } = await machine();
    const since = guard.now();
    const former = { secret: 'whsec_former_of_the_tests', since, until: since + RETRIES_END_MS };
    writeKeyring(dataDir, { stripe: [former, { secret: SECRET, since }], ghost: [] });
    const secrets = createSecrets({ dataDir, stripe: [], ghost: [], now: guard.now });
    clocks.pass(DAY);
    clocks.setOff(offMs);
    expect(secrets.stripe()).toContain(former.secret);
    await days(clocks, guard)(3);
    clocks.pass(1_000);
    expect(secrets.stripe()).toEqual([SECRET]);
    await inbox.close();
  },
);

test.each([100 * DAY, -100 * DAY])(
  'an event that Ghost fails on keeps its seven days, with the clock %i ms off',
  async (offMs) => {
    const { clocks, guard, clock, inbox } = await machine();
    let tries = 0;
    const worker = createWorker({
      queue: inbox.deliveries,
      clock: { ...clock, sleep: (_ms, signal) => clock.sleep(5, signal) },
      pollMs: 5,
      handle: createDeliver({
        ghost: {
          async post() {
            tries += 1;
            return { kind: 'status', status: 500 };
          },
        },
        findEvent: inbox.find,
        attemptsOf: inbox.deliveries.attempts,
        ambiguous: 'hold',
        now: clock.now,
      }),
    });
    await inbox.record(received(eventLike(4)));
    await vi.waitFor(() => expect(tries).toBe(1));
    clocks.setOff(offMs);
    await guard.look();
    // A minute later by the true time it is tried again, neither given up nor put off.
    await vi.waitFor(() => {
      clocks.pass(60_000);
      expect(tries).toBeGreaterThan(3);
    });
    expect(await inbox.deliveries.counts()).not.toHaveProperty('dead');
    await worker.stop(1_000);
    await inbox.close();
  },
);

describe('what Stripe has signed', () => {
  const serve = async () => {
    const { clocks, guard, inbox, dataDir } = await machine();
    const metrics = createInboxMetrics(inbox, guard);
    const secrets = createSecrets({ dataDir, stripe: [SECRET], ghost: [], now: guard.now });
    const logger = createLogger({ name: 'stripe-inbox', level: 'silent' as 'fatal' });
    const path = '/members/webhooks/stripe/';
    const app = createApp({
      path,
      secrets,
      maxBodyBytes: 1_000_000,
      inbox,
      metrics,
      logger,
      clock: guard,
      now: clocks.now,
    });
    const listener = await listen(createServer(app), { host: '127.0.0.1', port: 0 });
    const send = async (event: object, signedAt = clocks.truth()) => {
      const body = bytesOf(event);
      const signature = sign(body, { secrets: [SECRET], now: () => signedAt });
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      const init = { method: 'POST', headers, body: new Uint8Array(body) };
      return (await fetch(listener.url + path, init)).status;
    };
    const close = async () => {
      await listener.close(0);
      await inbox.close();
    };
    return { clocks, guard, metrics, send, close };
  };

  test.each([100 * DAY, -100 * DAY])(
    'is taken while the clock is %i ms off, and its age is that of steady time',
    async (offMs) => {
      const { clocks, guard, metrics, send, close } = await serve();
      clocks.pass(60_000);
      clocks.setOff(offMs);
      expect(await send(eventLike(7))).toBe(200);
      expect(await send(eventLike(8), clocks.truth() - 301_000)).toBe(400);
      expect(guard.doubt()?.stepMs).toBe(offMs);
      expect(await metrics.registry.metrics()).toContain(
        `prosora_clock_step_seconds{service="stripe-inbox"} ${offMs / 1_000}`,
      );
      await close();
    },
  );

  test('is a witness that a clock which was set right is right, a copy that somebody kept is none', async () => {
    const { clocks, guard, send, close } = await serve();
    expect(await send(eventLike(7))).toBe(200);
    const keptAt = clocks.truth();
    // The machine came up with a wrong clock, and nobody has told the guard that it is right by now.
    clocks.pass(DAY);
    clocks.setOff(60_000 - DAY);
    expect(await send(eventLike(7), keptAt)).toBe(200);
    expect(guard.doubt()).toBeDefined();
    guard.trust();
    clocks.setOff(0);
    expect(guard.doubt()).toBeDefined();
    // That by which the way is tried out is signed on this machine.
    expect(await send(eventLike(8, { id: 'evt_probe', type: 'prosora.probe' }))).toBe(200);
    expect(guard.doubt()).toBeDefined();
    expect(await send(eventLike(8))).toBe(200);
    expect(guard.doubt()).toBeUndefined();
    await close();
  });
});

test('a jump is told by status and by doctor until a person says that the clock is right', async () => {
  const env = inboxEnv('http://127.0.0.1:9');
  const inbox = await startInbox(env);
  await inbox.stop();
  const dataDir = env['PROSORA_STRIPE_DATA_DIR'] ?? '';
  // As if the machine had been set ten days ahead before: now its clock is behind.
  const clocks = createSimulatedClocks(Date.now() + 10 * DAY);
  await openInboxClock({
    dataDir,
    clocks,
    newestEventAt: async () => undefined,
    onFault: (error) => expect.fail(String(error)),
  });
  expect((await runVerb(env, ['status'])).stdout).toMatch(
    /^Clock +The machine's clock .* 10 days/m,
  );
  const ill = (await runVerb(env, ['doctor'])).stdout;
  expect(ill).toMatch(/✘ clock: The machine's clock .* `prosora-stripe trust-clock`/);
  expect((await runVerb(env, ['trust-clock'])).stdout).toContain('believed');
  expect((await runVerb(env, ['status', '--json'])).stdout).toContain('"clock": null');
  expect((await runVerb(env, ['doctor'])).stdout).not.toContain("machine's clock");
});
