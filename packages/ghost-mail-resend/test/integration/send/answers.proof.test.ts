import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@prosora/sandbox';
import { freePort } from '@prosora/service/testing';
import { expect, test } from 'vitest';
import { type MailPlace, openMailStore } from '../../../src/store/store.ts';
import { bridgeEnv, serveBridge } from '../../fixtures/bridge-process.ts';
import {
  AUTHORIZATION,
  BATCH,
  DOMAIN,
  eachPlace,
  getPage,
  mailsByAddress,
  membersOf,
  newsletterForm,
  until,
} from '../../fixtures/bridge-with-resend.ts';

const MEMBERS = membersOf(5);
const SETTINGS = { requestsPerSecond: 100, webhookRetriesMs: Array(400).fill(100) };

eachPlace((nextPlace) => {
  /** A bridge as a process of its own that can be killed, and Resend's stand-in, which stays. */
  async function startWorld() {
    const dir = await mkdtemp(join(tmpdir(), 'mail-answers-'));
    const sandbox = await startSandbox({
      port: 0,
      dataDir: join(dir, 'sandbox'),
      vendors: { resend: { settings: SETTINGS } },
    });
    const { resend } = sandbox;
    const place: MailPlace = (await nextPlace()) ?? { dataDir: join(dir, 'mail') };
    const database = 'mysql' in place && { PROSORA_MAIL_DATABASE_URL: String(place.mysql) };
    const port = await freePort();
    const env = { ...bridgeEnv(resend, join(dir, 'mail'), port), ...database };
    let bridge = await serveBridge({ env });
    const { url } = bridge;
    resend.settings.set({ webhookUrl: `${url}/webhooks/resend` });
    const opened = await openMailStore(place);
    return {
      resend,
      store: opened.store,
      get bridge() {
        return bridge;
      },
      async post(): Promise<void> {
        const answer = await fetch(`${url}/v3/${DOMAIN}/messages`, {
          method: 'POST',
          headers: { authorization: AUTHORIZATION },
          body: newsletterForm(MEMBERS),
        });
        expect(answer.status).toBe(200);
      },
      async kill(): Promise<void> {
        bridge.child.kill('SIGKILL');
        await once(bridge.child, 'exit');
      },
      async start(): Promise<void> {
        bridge = await serveBridge({ env });
      },
      chunk: () => opened.store.db.selectFrom('chunk').selectAll().executeTakeFirstOrThrow(),
      async recipients() {
        const rows = opened.store.db
          .selectFrom('recipient')
          .select(['address', 'state', 'resend_id']);
        return await rows.orderBy('position').execute();
      },
      /** Who is shown delivered in Ghost. */
      async delivered(): Promise<string[]> {
        const end = Math.floor(Date.now() / 1000) + 5;
        const query = `limit=300&event=delivered&begin=0&end=${end}&ascending=yes`;
        const { items } = await getPage(`${url}/v3/${DOMAIN}/events?${query}`);
        return items.map(({ recipient }) => recipient).toSorted();
      },
      async [Symbol.asyncDispose]() {
        bridge.child.kill('SIGKILL');
        await opened.store.close();
        await sandbox.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  }

  type World = Awaited<ReturnType<typeof startWorld>>;

  /** Lets nobody settle a chunk; resolves with how to end that. */
  async function holdCommits({ store }: World): Promise<() => Promise<void>> {
    const held = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const holding = store.transaction(async (tx) => {
      await tx.selectFrom('chunk').select('id').forUpdate().execute();
      held.resolve();
      await ended.promise;
    });
    await Promise.race([held.promise, holding]);
    return async () => {
      ended.resolve();
      await holding;
    };
  }

  async function expectOneMailEach({ resend, recipients, delivered }: World): Promise<void> {
    await until(() => resend.pendingWebhooks() === 0);
    await until(async () => (await delivered()).length === MEMBERS.length);
    await until(async () => (await recipients()).every(({ state }) => state === 'sent'));
    expect(mailsByAddress(resend)).toEqual(new Map(MEMBERS.map((member) => [member, 1])));
    expect(await delivered()).toEqual(MEMBERS);
    const idOf = new Map(resend.inbox.list().map(({ id, to }) => [to[0], id]));
    expect(await recipients()).toEqual(
      MEMBERS.map((address) => ({ address, state: 'sent', resend_id: idOf.get(address) })),
    );
  }

  const batches = ({ resend }: World) => resend.requests.list(BATCH).map(({ status }) => status);

  test('a kill exactly between the 200 of Resend and our commit sends nobody a second mail', async () => {
    await using world = await startWorld();
    // The call is made, and its answer waits until nobody can commit.
    world.resend.faults.set([{ match: { path: BATCH, times: 1 }, fault: { latencyMs: 2_000 } }]);
    await world.post();
    await until(async () => (await world.chunk()).idempotency_key !== null);
    const letGo = await holdCommits(world);
    const { privateUrl } = world.bridge;
    await until(async () => {
      const metrics = await (await fetch(`${privateUrl}/metrics`)).text();
      return /resend_mails_total\{verdict="accepted"[^}]*\} 5/.test(metrics);
    });
    await world.kill();
    await letGo();
    const { state, idempotency_key: key } = await world.chunk();
    expect({ state, isKeyed: key !== null }).toEqual({ state: 'queued', isKeyed: true });
    expect(batches(world)).toEqual([200]);
    await world.start();
    await expectOneMailEach(world);
    // Under the same key, or the stand-in would have taken the mails a second time.
    expect(batches(world)).toEqual([200, 200]);
    expect(await world.chunk()).toMatchObject({ state: 'sent', idempotency_key: key });
  });

  test('webhooks ahead of the answer to their batch are told to Ghost, and the answer ends it', async () => {
    await using world = await startWorld();
    world.resend.settings.set({ minLatencyMs: 4_000, maxLatencyMs: 4_000 });
    await world.post();
    await until(async () => (await world.delivered()).length === MEMBERS.length);
    expect(batches(world)).toEqual([]);
    expect((await world.recipients()).map(({ state }) => state)).toEqual(Array(5).fill('queued'));
    await until(() => batches(world).length === 1);
    await expectOneMailEach(world);
    expect(batches(world)).toEqual([200]);
    expect(await world.store.db.selectFrom('event').select('kind').execute()).toHaveLength(5);
  });

  test('a kill after the webhooks and before the answer sends nobody a second mail', async () => {
    await using world = await startWorld();
    world.resend.settings.set({ minLatencyMs: 4_000, maxLatencyMs: 4_000 });
    await world.post();
    await until(async () => (await world.delivered()).length === MEMBERS.length);
    expect(batches(world)).toEqual([]);
    await world.kill();
    world.resend.settings.set({ minLatencyMs: 0, maxLatencyMs: 0 });
    await until(() => batches(world).length === 1);
    await world.start();
    await expectOneMailEach(world);
    expect(batches(world)).toEqual([null, 200]);
    expect(await world.store.db.selectFrom('event').select('kind').execute()).toHaveLength(5);
  });
});
