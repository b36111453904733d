import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test, vi } from 'vitest';
import { bootWithAdapters, buildAdapters, schedulePost } from '../fixtures/ghost-with-adapters.ts';

const { soak } = inject('proof');
const { posts, restarts } = soak ? { posts: 1_000, restarts: 20 } : { posts: 50, restarts: 4 };

/** How much later than Ghost's boot, or than its own time, a post may come. */
const lateSeconds = 10;

interface Row {
  id: string;
  status: string;
  published_at: string | number;
}

test(`${posts} scheduled posts through ${restarts} SIGKILLs: each is published, and none that was unscheduled`, async () => {
  await using built = await buildAdapters();
  await using site = await bootWithAdapters(built.dir);
  const { ghost, admin } = site;
  const spreadSeconds = restarts * 8;
  const beginsIn = soak ? 120 : 20;
  const wanted: string[] = [];
  const unscheduled: string[] = [];
  for (let index = 0; index < posts; index += 1) {
    const id = await schedulePost(
      admin,
      `Post ${index}`,
      beginsIn + (index * spreadSeconds) / posts,
    );
    if (index % 10 === 3) {
      await admin.posts.edit(id, { status: 'draft' });
      unscheduled.push(id);
    } else wanted.push(id);
  }

  const rows = async () =>
    (await ghost.sql('SELECT id, status, published_at FROM posts')) as unknown as Row[];
  const times = (await rows()).filter(({ id }) => wanted.includes(id)).map(timeOf);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  let upAt = 0;
  for (let kill = 0; kill < restarts; kill += 1) {
    const at = first + ((last - first) * (kill + 0.5)) / restarts;
    await sleep(Math.max(0, at - Date.now()));
    await ghost.kill();
    await sleep(1_000);
    await ghost.restart();
    upAt = Date.now();
  }
  const deadline = Math.max(upAt, last) + lateSeconds * 1_000;
  await vi.waitFor(
    async () => {
      const late = (await rows()).filter(
        ({ id, status }) => wanted.includes(id) && status !== 'published',
      );
      expect(late).toEqual([]);
    },
    { timeout: Math.max(1, deadline - Date.now()), interval: 250 },
  );
  await sleep(2_000);
  for (const { id, status } of await rows()) {
    if (unscheduled.includes(id)) expect(status).toBe('draft');
  }
  // Each time a post is published, Ghost writes it down.
  const published = (await ghost.sql(
    "SELECT resource_id, COUNT(*) AS times FROM actions WHERE event = 'edited' AND resource_type = 'post' AND context LIKE '%\"action_name\":\"published\"%' GROUP BY resource_id",
  )) as unknown as { resource_id: string; times: number }[];
  for (const { times } of published) expect(times).toBe(1);
  console.log(
    `${wanted.length} of ${posts} posts published through ${restarts} SIGKILLs, ${unscheduled.length} unscheduled ones not; the last ${Math.round((Date.now() - 2_000 - upAt) / 1_000)} s after Ghost was up`,
  );
}, 1_800_000);

const timeOf = ({ published_at }: Row): number =>
  typeof published_at === 'number'
    ? published_at
    : Date.parse(`${published_at.replace(' ', 'T')}Z`);
