import { randomUUID } from 'node:crypto';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { expect, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { signIn } from './people.ts';
import { allHealthy, compose, exec, sql } from './stack.ts';

async function redis(...command: string[]): Promise<string> {
  const login = 'REDISCLI_AUTH="$(cut -d" " -f2 /run/secrets/redis.conf)" redis-cli "$@"';
  return await exec('redis', 'sh', '-c', login, 'redis-cli', ...command);
}

/** Lists that are kept: each key is its feature's prefix, the hash of the day and the request. */
const KEPT_POSTS = /^ghost:posts:[0-9a-f]{24}/m;
const KEPT_TAGS = /^ghost:tags:[0-9a-f]{24}/m;

const keys = () => redis('keys', '*');

/** The front page as Ghost makes it: no page of this address was kept. */
const freshPage = () => askEdge(`/?fresh=${randomUUID()}`);

/** How many statements one page costs the database, on average. */
async function selectsPerPage(pages: number, beforeEach: () => Promise<unknown>): Promise<number> {
  const selects = async () => {
    const [, count] = (await sql("SHOW GLOBAL STATUS LIKE 'Com_select'")).split('\t');
    return Number(count);
  };
  let total = 0;
  for (let page = 0; page < pages; page++) {
    await beforeEach();
    const before = await selects();
    expect((await freshPage()).status).toBe(200);
    total += (await selects()) - before;
  }
  return total / pages;
}

test('Ghost keeps lists of posts and tags in Redis, and publishing empties those of posts', async () => {
  const admin = await signIn();
  const { body } = await freshPage();
  // Themes and other programs ask for tags with the site's public key.
  const key = /data-key="(\w+)"/.exec(body.toString())?.[1];
  expect((await askEdge(`/ghost/api/content/tags/?key=${key}`)).status).toBe(200);
  await vi.waitUntil(async () => KEPT_POSTS.test(await keys()) && KEPT_TAGS.test(await keys()), {
    timeout: 10_000,
  });
  const hash = () => redis('get', 'ghost:posts:prefix_hash');
  const before = await hash();
  const title = `Published at ${Date.now()}`;
  await admin.posts.add({
    title,
    lexical: lexicalDocument(paragraph('New.')),
    status: 'published',
  });
  expect((await askEdge('/')).body.toString()).toContain(title);
  expect(await hash()).not.toBe(before);
});

test('a warm page costs the database fewer statements', async () => {
  await freshPage();
  const warm = await selectsPerPage(5, async () => {});
  const cold = await selectsPerPage(5, () => redis('flushall'));
  console.log(`SELECTs a front page: ${cold} cold, ${warm} warm`);
  expect(warm).toBeLessThan(cold);
});

test('pages answer while Redis is stopped, and it is used again once it is back', async () => {
  await compose(['stop', 'redis']);
  try {
    const times: number[] = [];
    for (let page = 0; page < 20; page++) {
      const startedAt = performance.now();
      expect((await freshPage()).status).toBe(200);
      times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    console.log(
      `A front page without Redis: median ${times[10]?.toFixed(0)} ms, longest ${times.at(-1)?.toFixed(0)} ms`,
    );
    // With Ghost's own defaults each takes longer than 25 s.
    expect(times.at(-1)).toBeLessThan(5_000);
  } finally {
    await compose(['start', 'redis']);
    await allHealthy();
  }
  await vi.waitUntil(
    async () => {
      await freshPage();
      return KEPT_POSTS.test(await keys());
    },
    { timeout: 30_000, interval: 500 },
  );
});
