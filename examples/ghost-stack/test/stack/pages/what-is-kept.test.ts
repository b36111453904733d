import { gunzipSync } from 'node:zlib';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { beforeAll, describe, expect, test } from 'vitest';
import { askEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { exec } from '../stack.ts';
import { contentKey, flush, repeat, wayOf, waysOf } from './memory-of-pages.ts';

let key = '';
beforeAll(async () => {
  const admin = await signIn();
  await admin.posts.add({
    title: 'Kept in memory',
    lexical: lexicalDocument(paragraph('Read by everybody.')),
    status: 'published',
  });
  key = await contentKey();
  await flush();
});

test.each([
  '/',
  '/kept-in-memory/',
  '/rss/',
  '/sitemap.xml',
  '/robots.txt',
  '/no-such-page/',
  '/kept-in-memory',
  '/public/cards.min.css',
])('the second to ask for %s has it from memory', async (path) => {
  expect(await waysOf(path)).toEqual(['miss', 'hit']);
});

test.each([
  '/ghost/',
  '/ghost/api/admin/site/',
  '/GHOST/api/admin/site/',
  '/members/api/site/',
  '/Members/api/site/',
  '/members/?token=x&action=signin',
  '/r/abcdef',
  '/p/0d1b7a5e-0000-4000-8000-000000000000/',
  '/unsubscribe/?uuid=x&key=y',
  '/private/',
  '/webmentions/receive/',
  '/.well-known/recommendations.json',
  '/kept-in-memory.md',
  '/content/media/none.mp4',
  '/?gift=x',
  '/?uuid=x',
  '/?key=x',
  '/?action=signup&success=true',
  '/?stripe=success',
  '/?preview=1',
  '//kept-in-memory/',
  '/%6dembers/api/site/',
  '/x/../members/api/site/',
])('%s is asked of Ghost each time', async (path) => {
  expect(await waysOf(path)).not.toContain('hit');
});

test.each([
  ['cookie', 'ghost-members-ssr=somebody'],
  ['cookie', 'theme=dark; ghost-admin-api-session=somebody'],
  ['cookie', 'theme=dark;ghost-private=somebody'],
  ['cookie', 'ghost-admin-toolbar=somebody'],
  ['authorization', 'Bearer somebody'],
  ['x-payment', 'paid'],
  ['x-ghost-preview', 'c=%23ff0000'],
])('whoever comes with %s %s is answered by Ghost', async (name, value) => {
  await askEdge('/');
  expect(await waysOf('/', { headers: { [name]: value } })).toEqual(['bypass', 'bypass']);
});

test('a cookie of something else, a reload and a link’s marks still have the page from memory', async () => {
  await askEdge('/');
  for (const headers of [{ cookie: 'theme=dark' }, { 'cache-control': 'no-cache' }]) {
    expect(wayOf(await askEdge('/', { headers }))).toBe('hit');
  }
  expect(wayOf(await askEdge('/?utm_source=mail&ref=harbour&fbclid=x'))).toBe('hit');
  expect(wayOf(await askEdge('/?gclid=x&page=2'))).toBe('miss');
  expect(wayOf(await askEdge('/?page=2&source=y'))).toBe('hit');
});

test('a redirect hands each reader’s own marks on', async () => {
  for (const source of ['one', 'two']) {
    const { headers } = await askEdge(`/kept-in-memory?utm_source=${source}`);
    expect(headers.location).toBe(`/kept-in-memory/?utm_source=${source}`);
  }
  expect((await askEdge('/kept-in-memory')).headers.location).toBe('/kept-in-memory/');
});

describe('the Content API', () => {
  const posts = (more = '') => `/ghost/api/content/posts/?key=${key}${more}`;

  test('is kept by key and by query', async () => {
    expect(await waysOf(posts())).toEqual(['miss', 'hit']);
    expect(await waysOf(posts('&limit=1'))).toEqual(['miss', 'hit']);
    const strange = posts().replace(key, key.replaceAll(/[a-f]/g, '0'));
    expect((await askEdge(strange)).status).toBe(401);
  });

  test('lets scripts of another host read what is kept', async () => {
    await askEdge(posts());
    const headers = { origin: 'https://elsewhere.example.com' };
    for (const way of ['miss', 'hit']) {
      const answer = await askEdge(posts(), { headers });
      expect(wayOf(answer)).toBe(way);
      expect(answer.headers['access-control-allow-origin']).toBe('*');
    }
  });
});

test('HEAD, ranges and questions whether a page is still the same are answered from memory', async () => {
  const whole = await askEdge('/kept-in-memory/');
  const head = await askEdge('/kept-in-memory/', { method: 'HEAD' });
  expect([wayOf(head), head.status, head.body.length]).toEqual(['hit', 200, 0]);
  const part = await askEdge('/kept-in-memory/', { headers: { range: 'bytes=0-99' } });
  expect([wayOf(part), part.status]).toEqual(['hit', 206]);
  expect(part.body).toEqual(whole.body.subarray(0, 100));
  const same = await askEdge('/kept-in-memory/', {
    headers: { 'if-none-match': String(whole.headers.etag) },
  });
  expect([same.status, same.body.length]).toEqual([304, 0]);
});

test('a page is compressed once, and plain for who asks for nothing else', async () => {
  const plain = await askEdge('/');
  const zipped = await askEdge('/', { headers: { 'accept-encoding': 'gzip, br, zstd' } });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(zipped.body)).toEqual(plain.body);
  expect(zipped.headers.vary).toMatch(/accept-encoding/i);
  // What is answered past the memory is compressed by the edge.
  const passed = await askEdge('/', {
    headers: { 'accept-encoding': 'zstd', cookie: 'ghost-private=x' },
  });
  expect(passed.headers['content-encoding']).toBe('zstd');
});

test('a thousand readers of a page that nobody has asked for yet are one request to Ghost', async () => {
  const fetched = async () =>
    JSON.parse(await exec('pages', 'varnishstat', '-j', '-f', 'MAIN.cache_miss')).counters[
      'MAIN.cache_miss'
    ].value as number;
  await flush();
  const before = await fetched();
  await repeat(1_000, 100, async () => {
    const { status } = await askEdge('/kept-in-memory/?page=cold');
    expect(status).toBe(200);
  });
  expect((await fetched()) - before).toBe(1);
});
