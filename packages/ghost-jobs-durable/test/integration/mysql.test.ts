import { openStore } from '@prosora/durable';
import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { migrations } from '../../src/store/tables.ts';
import { passForGhost } from '../fixtures/ghost-process.ts';

describe.skipIf(!hasTestServer)('beside Ghost on MariaDB (needs mariadb-server)', async () => {
  if (!hasTestServer) return;
  const server = await startTestServer({ overTcp: true });
  const { mysql } = await server.place('ghost');
  const fromGhost = await passForGhost(mysql);
  const { default: DurableJobs } = await import('../../src/jobs.ts');
  const { runJobsBackendContractTests } = fromGhost(
    '@tryghost/adapter-base-jobs/contract-test-suite',
  ) as { runJobsBackendContractTests(make: () => unknown, framework: object): void };
  afterAll(() => server.stop());

  let prefixes = 0;
  runJobsBackendContractTests(() => new DurableJobs({ tablePrefix: `contract${prefixes++}_` }), {
    describe,
    it: test,
  });

  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  /** A second process of the same site, as far as the store knows: a store is shared by prefix and place alone. */
  async function two(tablePrefix: string, processor: () => Promise<void>) {
    const queues = { email: { concurrency: 2 } };
    const one = new DurableJobs({ tablePrefix });
    await one.start({ processor, queues });
    const [place] = [(globalThis as unknown as Record<symbol, Map<string, unknown>>)[sharing()]];
    place?.clear();
    const other = new DurableJobs({ tablePrefix });
    await other.start({ processor, queues });
    return [one, other] as const;
  }

  const sharing = () =>
    Object.getOwnPropertySymbols(globalThis).find((symbol) =>
      symbol.description?.startsWith('prosora.jobs.'),
    ) as symbol;

  test('the tables stand beside those of Ghost under a prefix', async () => {
    const jobs = new DurableJobs({ tablePrefix: 'beside_' });
    await jobs.start({ processor: async () => undefined });
    await jobs.enqueue({ type: 'some', payload: '{}' });
    await jobs.shutdown({ timeoutMs: 1_000 });
    const rows = (await server.query(
      `select table_name as name from information_schema.tables where table_schema = '${new URL(mysql).pathname.slice(1)}' and table_name like 'beside%'`,
    )) as { name: string }[];
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['beside_job', 'beside_recurring', 'beside_store_clock']),
    );
  });

  test('a queue has its concurrency over both processes', async () => {
    let now = 0;
    let most = 0;
    let ended = 0;
    const [one, other] = await two('concurrency_', async () => {
      now += 1;
      most = Math.max(most, now);
      await sleep(50);
      now -= 1;
      ended += 1;
    });
    const jobs = Array.from({ length: 20 }, (_, value) => ({
      type: 'some',
      payload: JSON.stringify({ value }),
    }));
    await Promise.all(
      jobs.map((job, index) => (index % 2 ? one : other).enqueue(job, { queue: 'email' })),
    );
    await vi.waitFor(() => expect(ended).toBe(20), { timeout: 20_000 });
    await Promise.all([one.shutdown({ timeoutMs: 0 }), other.shutdown({ timeoutMs: 0 })]);
    expect(most).toBe(2);
  });

  test('a recurring job runs once a tick over both processes', async () => {
    const [one, other] = await two('ticks_', async () => undefined);
    for (const jobs of [one, other]) {
      await jobs.scheduleRecurring(
        { type: 'clean-tokens', payload: '{}' },
        { cron: '* * * * * *' },
      );
    }
    await sleep(4_000);
    await Promise.all([one.shutdown({ timeoutMs: 500 }), other.shutdown({ timeoutMs: 500 })]);
    await using store = await openStore({ mysql, prefix: 'ticks_', migrations });
    const records = await store.queue('jobs:default').list();
    const seconds = records.map(({ id }) => id);
    expect(seconds.length).toBeGreaterThanOrEqual(3);
    expect(seconds.length).toBeLessThanOrEqual(5);
    for (const { id, attempt } of records) expect([id, attempt]).toEqual([id, 1]);
  });
});
