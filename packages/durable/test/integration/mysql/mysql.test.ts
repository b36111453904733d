import { inspect } from 'node:util';
import type { Transaction } from 'kysely';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { DurableTables } from '../../../src/database/schema.ts';
import { StoreConnection } from '../../../src/mysql/mysql-connection.ts';
import { openStore, type Store } from '../../../src/store.ts';
import { hasTestServer, startTestServer } from '../../../src/testing/test-server.ts';
import { queueContract } from '../../contract/queue-contract.ts';
import { createFakeClock } from '../../fixtures/fake-clock.ts';

async function empty(tx: Transaction<DurableTables>): Promise<void> {
  for (const table of ['job', 'job_payload', 'job_attempt'] as const) {
    await tx.deleteFrom(table).execute();
  }
  await tx.updateTable('store_clock').set({ mark: 0 }).execute();
}

const payload = new TextEncoder().encode('payload');

describe.skipIf(!hasTestServer)('on MySQL or MariaDB (needs mariadb-server)', async () => {
  if (!hasTestServer) return;
  const server = await startTestServer();
  const statements = new Set<string>();
  const { executeQuery } = StoreConnection.prototype;
  StoreConnection.prototype.executeQuery = function (query) {
    statements.add(query.sql);
    return executeQuery.call(this, query) as never;
  };
  afterAll(() => server.stop());

  describe(`a queue on ${server.version}`, () => {
    // One database, emptied for each test: making tables takes longer than any of them.
    let last: string | undefined;
    queueContract(async (name, clock) => {
      const place = await server.place('contract');
      const store = await openStore({ ...place, clock: createFakeClock(0) });
      if (name !== last) await store.transaction(empty);
      last = name;
      await store.close();
      return openStore({ ...place, clock });
    });
  });

  async function openTwo(name: string): Promise<[Store, Store]> {
    const place = await server.place(name);
    return [await openStore(place), await openStore(place)];
  }

  test('two stores share a database under prefixes of their own', async () => {
    const place = await server.place('prefixes');
    const one = await openStore({ ...place, prefix: 'one_' });
    const two = await openStore({ ...place, prefix: 'two_' });
    await one.queue('work').add('same', payload);
    expect(await two.queue('work').list()).toEqual([]);
    await two.queue('work').add('same', payload);
    const [job] = await one.queue('work').claim(1, 1_000);
    expect(job?.id).toBe('same');
    await one.close();
    await two.close();
    const again = await openStore({ ...place, prefix: 'one_' });
    expect(await again.queue('work').list()).toMatchObject([{ id: 'same', state: 'leased' }]);
    await again.close();
  });

  test('an error of a statement does not carry the statement, since values are filled into it', async () => {
    const store = await openStore(await server.place('errors'));
    const insert = store.transaction((tx) =>
      tx
        .insertInto('nothing' as never)
        .values({ address: 'reader@example.org' } as never)
        .execute(),
    );
    const error = await insert.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: null })).not.toContain('reader@example.org');
    await store.close();
  });

  describe('two processes', () => {
    test('that open an empty database at the same moment make its tables once', async () => {
      const place = await server.place('opening');
      const stores = await Promise.all([openStore(place), openStore(place)]);
      for (const store of stores) await store.close();
    });

    test('never claim a job both, nor two of a group, and lose none', async () => {
      const stores = await openTwo('claiming');
      const [one] = stores.map((store) => store.queue('sink'));
      await Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          one?.add(`${index}`, payload, index % 3 === 0 ? {} : { group: `g${index % 7}` }),
        ),
      );
      const running = new Set<string>();
      const done: string[] = [];
      async function work(store: Store): Promise<void> {
        const queue = store.queue('sink');
        while (done.length < 300) {
          for (const job of await queue.claim(4, 30_000)) {
            const key = job.group ?? job.id;
            expect(running, `two of ${key}`).not.toContain(key);
            running.add(key);
            await new Promise(setImmediate);
            running.delete(key);
            expect(await queue.settle(job, { kind: 'done' })).toBe(true);
            done.push(job.id);
          }
        }
      }
      await Promise.all(stores.flatMap((store) => [work(store), work(store)]));
      expect(new Set(done).size).toBe(300);
      expect(done).toHaveLength(300);
      for (const store of stores) await store.close();
    });

    test('that add the same ids and groups at once add each once, in one line', async () => {
      const stores = await openTwo('adding');
      const outcomes = await Promise.all(
        stores.flatMap((store) => {
          const queue = store.queue('sink');
          return Array.from({ length: 100 }, (_, index) =>
            queue.add(`${index}`, payload, { group: `g${index % 3}`, rank: index % 2 }),
          );
        }),
      );
      expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(100);
      expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(100);
      const heads = await stores[0].queue('sink').list({ states: ['ready'] });
      expect(heads.map(({ group }) => group).sort()).toEqual(['g0', 'g1', 'g2']);
      for (const store of stores) await store.close();
    });

    test('share the later of their clocks', async () => {
      const place = await server.place('clocks');
      const ahead = createFakeClock();
      const behind = createFakeClock();
      const leader = await openStore({ ...place, clock: ahead });
      const follower = await openStore({ ...place, clock: behind });
      ahead.advance(60_000);
      await leader.queue('sink').add('held', payload);
      const [job] = await leader.queue('sink').claim(1, 30_000);
      expect(await follower.queue('sink').claim(1, 30_000)).toEqual([]);
      behind.advance(30_000);
      expect(await follower.queue('sink').claim(1, 30_000)).toEqual([]);
      expect(await follower.queue('sink').get('held')).toMatchObject({ state: 'delayed' });
      expect(job && (await leader.queue('sink').settle(job, { kind: 'done' }))).toBe(false);
      await leader.close();
      await follower.close();
    });
  });

  test('names and ids that differ by case alone are different ones', async () => {
    const store = await openStore(await server.place('case'));
    const queue = store.queue('sink');
    expect(await queue.add('Ada@Example.com', payload)).toBe('added');
    expect(await queue.add('ada@example.com', payload)).toBe('added');
    expect(await queue.add('ada@example.com', payload)).toBe('duplicate');
    await store.close();
  });

  test('a statement can neither write by the reading side nor run outside of a transaction', async () => {
    const store = await openStore(await server.place('reading'));
    const writing = store.db.deleteFrom('job').execute();
    await expect(writing).rejects.toThrow(/READ ONLY/);
    await store.close();
  });

  test('a connection that the server ends is unavailable once, and works again by itself', async () => {
    const store = await openStore({ ...(await server.place('killed')), busyTimeoutMs: 0 });
    const queue = store.queue('sink');
    await queue.add('before', payload);
    const threads = (await server.query('show processlist')) as { Id: number; db: string }[];
    for (const { Id, db } of threads) {
      if (db?.includes('killed')) await server.query(`kill ${Id}`);
    }
    await queue.add('during', payload).catch((error) => {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
    await queue.add('after', payload);
    await vi.waitFor(async () => expect(await queue.get('after')).toBeDefined());
    await store.close();
  });

  test('a server that is away is unavailable, and says so', async () => {
    const opening = openStore({ mysql: 'mysql://nobody@127.0.0.1:1/nothing' });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('every statement is one that MySQL 8 and MariaDB both know', () => {
    expect(statements.size).toBeGreaterThan(60);
    const foreign =
      /\breturning\b|\bon conflict\b|\bon duplicate\b|\binsert (or|ignore)\b|\breplace into\b|\blateral\b|\bexcept\b|\bintersect\b|\bfull join\b|\bas new\b|->|::|\|\|/i;
    expect([...statements].filter((sql) => foreign.test(sql))).toEqual([]);
  });
});
