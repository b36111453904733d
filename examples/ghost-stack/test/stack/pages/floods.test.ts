import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { askEdge, type EdgeAnswer } from '../edge.ts';
import { startForeignContainer } from '../foreign-container.ts';
import { compose, DOMAIN, sql } from '../stack.ts';
import { contentKey, repeat, wayOf } from './memory-of-pages.ts';

const json = { 'content-type': 'application/json', origin: `https://${DOMAIN}` };

const LIMIT = 30;
/** More than come back while a slow machine is asked. */
const FLOOD = 3 * LIMIT;

let key = '';
beforeAll(async () => {
  key = await contentKey();
});

// Whoever was refused may ask again in the next test, here and at Ghost.
afterEach(async () => {
  await sql('DELETE FROM brute');
  await compose(['restart', 'pages']);
  await vi.waitUntil(async () => wayOf(await askEdge('/')) !== 'none', { timeout: 60_000 });
});

/** Sends so many at once from outside. @returns what was let through to Ghost, and what was not */
async function flood(count: number, ask: (n: number) => Promise<EdgeAnswer>) {
  const answers: EdgeAnswer[] = [];
  await repeat(count, 30, async (n) => {
    answers.push(await ask(n));
  });
  const isOurs = ({ body }: EdgeAnswer) => body.includes('Try again in a minute');
  return { through: answers.filter((one) => !isOurs(one)), refused: answers.filter(isOurs) };
}

test.each([
  ['logins', '/ghost/api/admin/session/'],
  ['logins in disguise', '/GHOST/api/canary/admin//session'],
  ['sign-in links', '/members/api/send-magic-link/'],
  ['comments', '/members/api/comments/'],
])('a flood of %s is stopped before Ghost, and nobody else is', async (_what, path) => {
  await using somebody = await startForeignContainer('edge');
  const post = { method: 'POST', headers: json, body: '{}' };
  const { through, refused } = await flood(FLOOD, () => askEdge(path, post));
  expect(through.length).toBeGreaterThanOrEqual(LIMIT);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
  }
  const [other] = await somebody.ask([{ path, ...post }]);
  expect(other?.text).not.toContain('Try again in a minute');
});

test('of the search only what Ghost has to be asked for counts', async () => {
  const at = `/ghost/api/content/search-index/posts/?key=${key}`;
  expect((await flood(200, () => askEdge(at))).refused).toEqual([]);
  const { through, refused } = await flood(200, (n) => askEdge(`${at}&n=${n}`));
  // Of the sixty in a minute one was asked for above.
  expect(through.length).toBeGreaterThanOrEqual(59);
  expect(refused.length).toBeGreaterThan(0);
});
