import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test, vi } from 'vitest';
import { bytesOf } from '../fixtures/events.ts';
import { type GhostTarget, startGhostTarget } from '../fixtures/ghost-target.ts';
import { freePort, type InboxProcess, runVerb, spawnInbox } from '../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts } from '../fixtures/running-inbox.ts';
import { sendAll, signups } from '../fixtures/stripe-sender.ts';

const { soak, seed } = inject('proof');
const customers = soak ? 1_000 : 16;
const patience = { timeout: soak ? 600_000 : 50_000, interval: 100 };

const timesOf = (ghost: GhostTarget, id: string) =>
  ghost.arrivals.filter((arrival) => arrival.id === id).length;

function eventRows(env: Record<string, string>): { id: string; body: Uint8Array }[] {
  using db = new DatabaseSync(`${env['PROSORA_STRIPE_DATA_DIR']}/inbox.db`, { readOnly: true });
  return db.prepare('select id, body from stripe_event').all() as never;
}

test(`killed ${soak ? 50 : 3} times in a burst of payments, the inbox loses nothing and sends no invoice twice`, async () => {
  const random = seededRandom(seed);
  const kills = soak ? 50 : 3;
  const events = signups(customers);
  await using ghost = await startGhostTarget();
  ghost.answer = async () => {
    await delay(random() * 20);
    return 200;
  };
  const env = inboxEnv(ghost.url, {
    PROSORA_STRIPE_PORT: String(await freePort()),
    PROSORA_STRIPE_LEASE_MS: '500',
  });
  let inbox: InboxProcess = await spawnInbox(env);
  let sending = true;
  const sent = sendAll(inbox.url, events, random).finally(() => {
    sending = false;
  });
  for (let kill = 0; kill < kills; kill += 1) {
    // Most kills hit the burst; those after it hit the deliveries.
    await delay(random() * (sending ? 150 : 600));
    await inbox.end('SIGKILL');
    inbox = await spawnInbox(env);
  }
  await sent;
  await vi.waitFor(async () => {
    const { done = 0, ambiguous = 0 } = await jobCounts(inbox.privateUrl);
    expect(done + ambiguous).toBe(events.length);
  }, patience);

  expect(ghost.refused).toEqual([]);
  expect(ghost.mostAtOnce).toBe(1);
  const rows = new Map(eventRows(env).map(({ id, body }) => [id, Buffer.from(body)]));
  expect(rows.size).toBe(events.length);
  for (const event of events) expect(rows.get(event.id)).toEqual(bytesOf(event));

  const held = JSON.parse(
    (await runVerb(env, ['list', '--state', 'dead,ambiguous,held', '--limit', '100000', '--json']))
      .stdout,
  ) as { id: string }[];
  const heldIds = new Set(held.map(({ id }) => id));
  const isInvoice = (id: string) => id.endsWith('_6');
  for (const { id } of events) {
    const times = timesOf(ghost, id);
    if (isInvoice(id)) expect([id, times <= 1]).toEqual([id, true]);
    if (!heldIds.has(id)) expect([id, times >= 1]).toEqual([id, true]);
  }
  // Only what was under way when the process died can have come twice or be held.
  expect([...heldIds].every(isInvoice)).toBe(true);
  const repeated = ghost.arrivals.length - new Set(ghost.arrivals.map(({ id }) => id)).size;
  expect(repeated + heldIds.size).toBeLessThanOrEqual(kills);

  await runVerb(env, ['replay', '--all']);
  await vi.waitFor(async () => {
    expect(await jobCounts(inbox.privateUrl)).toEqual({ done: events.length });
  }, patience);
  expect(new Set(ghost.arrivals.map(({ id }) => id)).size).toBe(events.length);
  expect(await inbox.end('SIGTERM')).toBe(0);
});

test(`Ghost gone for ${soak ? 60 : 3} seconds in a burst of payments gets every event once`, async () => {
  const random = seededRandom(seed);
  const events = signups(customers);
  const port = await freePort();
  const before = await startGhostTarget(port);
  const env = inboxEnv(before.url, { PROSORA_STRIPE_PORT: String(await freePort()) });
  const inbox = await spawnInbox(env);
  const sent = sendAll(inbox.url, events, random);
  await vi.waitFor(() => expect(before.arrivals.length).toBeGreaterThan(3));
  // As Ghost stops: no new connections, requests under way are finished.
  await before[Symbol.asyncDispose]();
  await delay(soak ? 60_000 : 3_000);
  await sent;
  expect((await fetch(`${inbox.privateUrl}/readyz`)).status).toBe(200);

  await using after = await startGhostTarget(port);
  await vi.waitFor(async () => {
    expect(await jobCounts(inbox.privateUrl)).toEqual({ done: events.length });
  }, patience);
  const ids = [...before.arrivals, ...after.arrivals].map(({ id }) => id);
  expect(ids.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  expect(await inbox.end('SIGTERM')).toBe(0);
});
