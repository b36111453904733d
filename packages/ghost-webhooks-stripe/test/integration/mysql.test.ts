import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@prosora/durable';
import { hasTestServer, startTestServer, type TestServer } from '@prosora/durable/testing';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openInboxStore } from '../../src/inbox/store.ts';
import { eventLike } from '../fixtures/events.ts';
import { startGhostTarget } from '../fixtures/ghost-target.ts';
import { runVerb, spawnInbox } from '../fixtures/inbox-process.ts';
import { openTestInbox, received } from '../fixtures/open-test-inbox.ts';
import { inboxEnv, jobCounts, readMetric, send } from '../fixtures/running-inbox.ts';
import { sendAll, signups } from '../fixtures/stripe-sender.ts';

describe.skipIf(!hasTestServer)('on MySQL or MariaDB (needs mariadb-server)', () => {
  let server: TestServer;
  let databaseUrl: string;

  beforeAll(async () => {
    server = await startTestServer();
    const place = await server.place('stripe');
    const socket = 'socketPath' in place ? `?socketPath=${place.socketPath}` : '';
    databaseUrl = place.mysql + socket;
  });
  afterAll(() => server?.stop());

  test('two processes take the same events, deliver each once and never two of a customer at a time', async () => {
    await using ghost = await startGhostTarget();
    ghost.answer = async () => {
      await delay(15);
      return 200;
    };
    const env = () => inboxEnv(ghost.url, { PROSORA_STRIPE_DATABASE_URL: databaseUrl });
    const first = env();
    const inboxes = [await spawnInbox(first), await spawnInbox(env())];
    const events = signups(25);
    const random = seededRandom(1);
    await Promise.all(inboxes.map(({ url }) => sendAll(url, events, random)));
    await vi.waitFor(
      async () =>
        expect(await jobCounts(inboxes[0]?.privateUrl ?? '')).toEqual({ done: events.length }),
      { timeout: 40_000, interval: 200 },
    );
    expect(ghost.arrivals.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
    // One of them delivers, so that Ghost gets no more than from one process.
    expect(ghost.mostAtOnce).toBe(1);
    const totals = await Promise.all(
      inboxes.map(({ privateUrl }) => readMetric(privateUrl, 'events_total{outcome="recorded"')),
    );
    const recorded = totals.flat().map((line) => Number(line.split(' ').at(-1)));
    expect(recorded.reduce((sum, count) => sum + count, 0)).toBe(events.length);

    // The verbs look at the same database.
    const status = await runVerb(first, ['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ events: 75, deliveries: { done: 75 } });
    expect((await runVerb(first, ['show', events[0]?.id ?? ''])).stdout).toContain('ghost: done');

    // When the one that delivers is gone, the other goes on.
    for (const [at, inbox] of inboxes.entries()) {
      const event = eventLike(4, { id: `evt_later_${at}` });
      expect(await send(inbox.url, event)).toBe(200);
      await vi.waitFor(() => expect(ghost.arrivals.at(-1)?.id).toBe(event.id), 10_000);
      expect(await inbox.end('SIGTERM')).toBe(0);
    }
  });

  test('two ids of one payment that come to two processes at the same moment make one delivery', async () => {
    const place = await server.place('twins');
    const socket = 'socketPath' in place ? `?socketPath=${place.socketPath}` : '';
    await using ghost = await startGhostTarget();
    const env = () => inboxEnv(ghost.url, { PROSORA_STRIPE_DATABASE_URL: place.mysql + socket });
    const inboxes = [await spawnInbox(env()), await spawnInbox(env())];
    const payments = Array.from({ length: 60 }, (_, at) => `in_${at}`);
    for (const id of payments) {
      const object = { id, customer: `cus_${id}` };
      const answers = inboxes.map(({ url }, at) =>
        send(url, eventLike(6, { id: `evt_${id}_${at}`, object })),
      );
      expect(await Promise.all(answers)).toEqual([200, 200]);
    }
    await vi.waitFor(
      async () =>
        expect(await jobCounts(inboxes[0]?.privateUrl ?? '')).toEqual({ done: payments.length }),
      { timeout: 30_000, interval: 200 },
    );
    const sent = ghost.arrivals.map(({ body }) => JSON.parse(body.toString()).data.object.id);
    expect(sent.sort()).toEqual(payments.toSorted());
    for (const inbox of inboxes) expect(await inbox.end('SIGTERM')).toBe(0);
  });

  test('an event that another process has changed while this one waited for it is not replayed', async () => {
    const place = await server.place('replays');
    const socket = 'socketPath' in place ? `?socketPath=${place.socketPath}` : '';
    const mysql = place.mysql + socket;
    await using inbox = (await openTestInbox({ mysql })).inbox;
    const event = eventLike(4, { id: 'evt_dead' });
    await inbox.record(received(event));
    const [job] = await inbox.deliveries.claim(1, 30_000);
    expect(job && (await inbox.deliveries.settle(job, { kind: 'dead', reason: '400' }))).toBe(true);
    await using other = (await openInboxStore({ file: '', mysql }, systemClock)).store;
    const replaying = await other.transaction(async (tx) => {
      await other.queue('ghost').drop([event.id], 'by hand', { tx });
      const waiting = inbox.replay([event.id], ['dead']);
      // It has seen the event as it was.
      await delay(500);
      return { waiting };
    });
    expect(await replaying.waiting).toEqual([]);
    expect(await inbox.deliveries.get(event.id)).toMatchObject({ state: 'dropped' });
  });

  test("Ghost's own secret is read from a Ghost on MySQL", async () => {
    const place = await server.place('ghost');
    const name = new URL(place.mysql).pathname.slice(1);
    await server.query(`create table ${name}.settings (\`key\` varchar(50), value text)`);
    await server.query(
      `insert into ${name}.settings values ('members_stripe_webhook_secret', 'whsec_that_ghost_got')`,
    );
    await using ghost = await startGhostTarget();
    const socket = 'socketPath' in place ? `?socketPath=${place.socketPath}` : '';
    const inbox = await spawnInbox(
      inboxEnv(ghost.url, {
        STRIPE_WEBHOOK_SECRET: '',
        PROSORA_STRIPE_GHOST_DATABASE: place.mysql + socket,
      }),
    );
    expect(await send(inbox.url, eventLike(4), 'whsec_that_ghost_got')).toBe(200);
    await vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ done: 1 }));
    await inbox.end('SIGTERM');
  });
});
