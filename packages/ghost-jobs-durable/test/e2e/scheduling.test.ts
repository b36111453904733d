import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  bootWithAdapters,
  type GhostWithAdapters,
  schedulePost,
} from '../fixtures/ghost-with-adapters.ts';

let site: GhostWithAdapters;
beforeAll(async () => {
  site = await bootWithAdapters();
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
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

describe('after Ghost was killed', () => {
  let takenBack: string;
  let due: string;
  beforeAll(async () => {
    takenBack = await schedulePost(site.admin, 'Taken back', 3);
    await site.admin.posts.edit(takenBack, { status: 'draft' });
    due = await schedulePost(site.admin, 'While dead', 1);
    await site.ghost.kill();
    await sleep(3_000);
    await site.ghost.restart();
  });

  test('a post whose time came while it was dead is published once it is up', async () => {
    await becomes(due, 'published', 10_000);
  });

  test('a post that was unscheduled is not published', async () => {
    await sleep(3_000);
    expect(await statusOf(takenBack)).toBe('draft');
  });
});

test('a post that was moved is published at its new time alone', async () => {
  // On a busy machine two calls of Ghost take seconds, and the first time must still be to come.
  const id = await schedulePost(site.admin, 'Moved', 8);
  const later = new Date(Math.ceil(Date.now() / 1_000 + 12) * 1_000);
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
