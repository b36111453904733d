import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  bootWithAdapters,
  buildAdapters,
  type GhostWithAdapters,
  schedulePost,
} from '../fixtures/ghost-with-adapters.ts';

let built: Awaited<ReturnType<typeof buildAdapters>>;
let site: GhostWithAdapters;
beforeAll(async () => {
  built = await buildAdapters();
  site = await bootWithAdapters(built.dir);
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await built?.[Symbol.asyncDispose]();
});

const statusOf = async (id: string) =>
  (await site.ghost.sql('SELECT status FROM posts WHERE id = ?', [id]))[0]?.['status'];

const becomes = (id: string, status: string, ms = 15_000) =>
  vi.waitFor(async () => expect(await statusOf(id)).toBe(status), { timeout: ms, interval: 200 });

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a scheduled post is published at its time', async () => {
  const id = await schedulePost(site.admin, 'On time', 2);
  await becomes(id, 'published');
});

test('a post whose time came while Ghost was dead is published once it is up', async () => {
  const id = await schedulePost(site.admin, 'While dead', 1);
  await site.ghost.kill();
  await sleep(2_500);
  await site.ghost.restart();
  await becomes(id, 'published', 10_000);
});

test('a post that was unscheduled is not published, not even after a restart', async () => {
  const id = await schedulePost(site.admin, 'Taken back', 3);
  await site.admin.posts.edit(id, { status: 'draft' });
  await site.ghost.kill();
  await sleep(3_000);
  await site.ghost.restart();
  await sleep(3_000);
  expect(await statusOf(id)).toBe('draft');
});

test('a post that was moved is published at its new time alone', async () => {
  const id = await schedulePost(site.admin, 'Moved', 2);
  const later = new Date(Math.ceil(Date.now() / 1_000 + 6) * 1_000);
  await site.admin.posts.edit(id, { published_at: later.toISOString() });
  await sleep(later.getTime() - Date.now() - 1_500);
  expect(await statusOf(id)).toBe('scheduled');
  await becomes(id, 'published');
});

test('no token is on the disk, and none in what we log', async () => {
  await schedulePost(site.admin, 'Far away', 3_600);
  const data = join(site.dir, 'content/data');
  const files = (await readdir(data)).filter((name) => name.startsWith('prosora-jobs.db'));
  const kept = await Promise.all(files.map((name) => readFile(join(data, name), 'latin1')));
  expect(kept.join()).toContain('/schedules/posts/');
  expect(kept.join()).not.toMatch(/token=|eyJhbGci/);
  // Ghost's own log of requests has them.
  const log = await readFile(site.ghost.logFile, 'utf8');
  const ours = log.split('\n').filter((line) => line.includes('[prosora-jobs]'));
  expect(ours.join()).not.toMatch(/token=|eyJhbGci/);
});
