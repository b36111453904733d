import { setTimeout as delay } from 'node:timers/promises';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import { askEdge } from '../edge.ts';
import { startForeignContainer } from '../foreign-container.ts';
import { kill } from '../kill.ts';
import { signIn } from '../people.ts';
import { allHealthy, compose, containerOf, inspect, type Service } from '../stack.ts';
import { flush, wayOf } from './memory-of-pages.ts';

const { soak } = inject('proof');
const READS = soak ? 10_000 : 1_000;
/** What people read, most of it warm, and now and then what nobody has asked for. */
const pathOf = (n: number) =>
  n % 50 === 0 ? `/?cold=${Date.now()}-${n}` : (['/', '/about/'][n % 2] ?? '');

/** Reads until `work` is done, at least `count` times. @returns how often each status was answered */
async function readDuring(work: () => Promise<unknown>, count: number, pauseMs = 10) {
  const statuses: Record<string, number> = {};
  let begun = 0;
  let done = false;
  const one = async () => {
    while (!done || begun < count) {
      const answer = await askEdge(pathOf(begun++)).catch((error: NodeJS.ErrnoException) => error);
      const key = answer instanceof Error ? String(answer.code) : String(answer.status);
      statuses[key] = (statuses[key] ?? 0) + 1;
      await delay(pauseMs);
    }
  };
  const readers = Promise.all([one(), one(), one(), one()]);
  await work().finally(() => {
    done = true;
  });
  await readers;
  return statuses;
}

const recreate = (service: Service) =>
  compose(['up', '--detach', '--wait', '--no-deps', '--force-recreate', service]);

afterAll(allHealthy);

test('while Ghost is killed, restarted and made anew, every reader gets a page', async () => {
  const statuses = await readDuring(async () => {
    await kill('ghost');
    await compose(['restart', 'ghost']);
    await allHealthy();
    await recreate('ghost');
  }, READS);
  console.log('while Ghost was killed, restarted and made anew:', statuses);
  expect(Object.keys(statuses)).toEqual(['200']);
});

test('without Ghost, what is kept is given out and what is not waits for it', async () => {
  await flush();
  await askEdge('/');
  await compose(['stop', 'ghost']);
  const kept = await askEdge('/');
  expect([kept.status, wayOf(kept)]).toEqual([200, 'hit']);
  const cold = askEdge('/about/');
  await compose(['start', 'ghost']);
  expect((await cold).status).toBe(200);
  await allHealthy();
});

test('Varnish killed: readers are answered by Ghost meanwhile, and an edit waits for Varnish', async () => {
  const admin = await signIn();
  const post = await admin.posts.add({
    title: 'Edited while Varnish was away',
    lexical: lexicalDocument(paragraph('First.')),
    status: 'published',
  });
  const path = `/${post.slug}/`;
  await askEdge(path);
  const statuses = await readDuring(async () => {
    await compose(['kill', 'pages']);
    await vi.waitUntil(async () => wayOf(await askEdge('/')) === 'none');
    const edit = admin.posts.edit(post.id, { title: 'Edited and seen' });
    await delay(2_000);
    await compose(['start', 'pages']);
    await edit;
    expect((await askEdge(path)).body.toString()).toContain('Edited and seen');
    await kill('pages');
  }, 100);
  console.log('while Varnish was killed:', statuses);
  expect(Object.keys(statuses)).toEqual(['200']);
});

describe('after each comes back with another address', () => {
  test.each([
    ['caddy', 'ghost', 'pages'],
    ['ghost', 'caddy', 'pages'],
    ['pages', 'ghost', 'caddy'],
  ] as const)('%s, then %s, then %s, the next page comes through the memory', async (...order) => {
    const before = await addresses(order);
    await compose(['rm', '--stop', '--force', ...order]);
    // It takes the address that comes next.
    await using _ = await startForeignContainer('front');
    for (const service of order) {
      await compose(['up', '--detach', '--no-deps', service]);
      await delay(1_000);
    }
    await allHealthy();
    expect(await addresses(order)).not.toEqual(before);
    await vi.waitUntil(async () => wayOf(await askEdge('/')) === 'hit', {
      timeout: 30_000,
      interval: 200,
    });
  });
});

async function addresses(services: readonly Service[]): Promise<string[]> {
  const network = `${inject('stack').project}_front`;
  return await Promise.all(
    services.map(async (service) => {
      const { Networks } = (await inspect(containerOf(service))).NetworkSettings;
      return Networks[network]?.IPAddress ?? '';
    }),
  );
}
