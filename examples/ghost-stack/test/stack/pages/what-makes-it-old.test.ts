import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { expect, test } from 'vitest';
import { askEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { allHealthy, compose, exec, sql } from '../stack.ts';
import { flush, purge, siteChanged, waysOf } from './memory-of-pages.ts';

const EDITS = 20;

test('whoever reads after an edit was answered reads the edit, while hundreds read on', async () => {
  const admin = await signIn();
  const post = await admin.posts.add({
    title: 'Version 0',
    slug: 'edited-while-read',
    lexical: lexicalDocument(paragraph('It changes.')),
    status: 'published',
  });
  let done = false;
  const readers = Array.from({ length: 8 }, async () => {
    while (!done) await askEdge('/edited-while-read/');
  });
  for (let version = 1; version <= EDITS; version++) {
    await admin.posts.edit(post.id, { title: `Version ${version}` });
    for (const path of ['/edited-while-read/', '/', '/rss/']) {
      const page = (await askEdge(path)).body.toString();
      expect(page, path).toContain(`Version ${version}`);
      expect(page, path).not.toMatch(new RegExp(`Version ${version - 1}\\b`));
    }
  }
  done = true;
  await Promise.all(readers);
});

test('a draft that is saved makes nothing old', async () => {
  const admin = await signIn();
  const draft = await admin.posts.add({ title: 'Not yet' });
  await askEdge('/');
  await admin.posts.edit(draft.id, { title: 'Not yet either' });
  expect((await waysOf('/'))[0]).toBe('hit');
});

test('a key of the Content API that was taken back opens nothing any more', async () => {
  const admin = await signIn();
  const integration = await admin.integrations.add({ name: 'Goes again' });
  const keys = integration['api_keys'] as { type: string; secret: string }[];
  const key = keys.find(({ type }) => type === 'content')?.secret;
  const path = `/ghost/api/content/posts/?key=${key}`;
  expect(await waysOf(path)).toEqual(['miss', 'hit']);
  await admin.integrations.remove(integration.id);
  expect((await askEdge(path)).status).toBe(401);
});

test('a service of the stack drops all pages with the token, and nobody without it', async () => {
  await askEdge('/');
  expect(await purge()).toBe(403);
  expect(await purge('Bearer ')).toBe(403);
  expect(await purge('Bearer guessed')).toBe(403);
  expect(await purge(undefined, 'GET')).toBe(403);
  expect((await askEdge('/', { method: 'PURGE' })).status).not.toBe(200);
  expect((await waysOf('/'))[0]).toBe('hit');
  const token = await exec('ghost', 'cat', '/run/secrets/pages_token');
  expect(await purge(`Bearer ${token}`)).toBe(200);
  expect((await waysOf('/'))[0]).toBe('miss');
});

test('a service of the stack is told when the site last changed, and misses no change', async () => {
  const flushed = await siteChanged('PURGE');
  expect(flushed.now).not.toBe(flushed.before);
  expect(await siteChanged('GET')).toEqual({ now: flushed.now, before: flushed.now });
  const admin = await signIn();
  await admin.tags.add({ name: `Tides ${Date.now()}` });
  const changed = await siteChanged('GET');
  expect(changed.now).not.toBe(flushed.now);
  expect((await siteChanged('PURGE')).before).toBe(changed.now);
});

test('a start of Ghost drops what was kept before it', async () => {
  const admin = await signIn();
  await admin.posts.add({
    title: 'Before the restore',
    lexical: lexicalDocument(paragraph('It changes.')),
    status: 'published',
  });
  expect((await askEdge('/before-the-restore/')).body.toString()).toContain('Before the restore');
  await compose(['stop', 'ghost']);
  await sql("UPDATE posts SET title = 'After the restore' WHERE slug = 'before-the-restore'");
  // Ghost's own cache of posts, which keeps nothing over a restart.
  await compose(['restart', 'redis']);
  await compose(['start', 'ghost']);
  await allHealthy();
  await expect
    .poll(async () => (await askEdge('/before-the-restore/')).body.toString(), { timeout: 20_000 })
    .toContain('After the restore');
  await flush();
});
