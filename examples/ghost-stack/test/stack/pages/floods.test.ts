import { afterEach, expect, test, vi } from 'vitest';
import { askEdge, type EdgeAnswer } from '../edge.ts';
import { startForeignContainer } from '../foreign-container.ts';
import { compose, DOMAIN } from '../stack.ts';
import { contentKey, wayOf } from './memory-of-pages.ts';

const json = { 'content-type': 'application/json', origin: `https://${DOMAIN}` };
const post = (path: string) => ({ method: 'POST', path, headers: json, body: '{}' });

// Whoever was refused may ask again in the next test, and containers have one another's addresses.
afterEach(async () => {
  await compose(['restart', 'pages']);
  await vi.waitUntil(async () => wayOf(await askEdge('/')) !== 'none', { timeout: 20_000 });
});

test.each([
  ['logins', '/ghost/api/admin/session/', 30],
  ['logins in disguise', '/GHOST/api/canary/admin//session', 30],
  ['sign-in links', '/members/api/send-magic-link/', 30],
  ['comments', '/members/api/comments/', 30],
])('a flood of %s is stopped before Ghost, by address', async (_what, path, limit) => {
  await using attacker = await startForeignContainer('edge');
  await using somebody = await startForeignContainer('edge');
  const answers = await attacker.ask(Array.from({ length: limit + 5 }, () => post(path)));
  const refusedByEdge = answers.map(({ text }) => text.includes('Try again in a minute'));
  expect(refusedByEdge.indexOf(true)).toBe(limit);
  expect(answers.slice(limit).map(({ status }) => status)).toEqual(Array(5).fill(429));
  const [other] = await somebody.ask([post(path)]);
  expect(other?.text).not.toContain('Try again in a minute');
});

test('a flood from outside is told when to come again', async () => {
  let answer: EdgeAnswer | undefined;
  for (let n = 0; n <= 30; n++) {
    answer = await askEdge('/members/api/comments/', { method: 'POST', headers: json, body: '{}' });
  }
  expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
});

test.each([
  ['the search', 'search-index/posts', 60],
  ['the Content API', 'tags', 600],
])('of %s only what Ghost has to be asked for counts', async (_what, path, limit) => {
  const key = await contentKey();
  await using reader = await startForeignContainer('edge');
  const ask = async (paths: string[]) =>
    (await reader.ask(paths.map((path) => ({ path })))).map(({ status }) => status);
  const at = (n: number) => `/ghost/api/content/${path}/?key=${key}&n=${n}`;
  expect(new Set(await ask(Array(limit + 50).fill(at(0))))).toEqual(new Set([200]));
  const others = await ask(Array.from({ length: limit + 50 }, (_, n) => at(n + 1)));
  // Some come back while the test asks.
  expect(others.indexOf(429)).toBeGreaterThanOrEqual(limit - 1);
  expect(others.at(-1)).toBe(429);
});
