import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '@prosora/ghost-local';
import { expect, inject, test, vi } from 'vitest';
import { bootWithAdapters, schedulePost } from '../fixtures/ghost-with-adapters.ts';

const { soak } = inject('proof');
const { posts, restarts } = soak ? { posts: 1_000, restarts: 20 } : { posts: 30, restarts: 3 };

/** Ghost's clock is ahead, then behind, then right again; each step comes while it runs. */
const steps = [15_000, -15_000, 0];
const restartsAStep = Math.floor(restarts / steps.length);

/** How much later than Ghost's boot, or than its own time, a post may come; of a busy machine nothing is asked. */
const lateSeconds = soak ? 10 : 180;

interface Row {
  id: string;
  status: string;
  published_at: string | number;
}

test(`${posts} scheduled posts through ${restarts} SIGKILLs and ${steps.length} steps of the clock: each is published, and none that was unscheduled`, async () => {
  const clock = await mkdtemp(join(tmpdir(), 'jobs-clock-'));
  const offset = join(clock, 'offset');
  await using site = await bootWithAdapters({
    preloads: [join(import.meta.dirname, '../fixtures/stepping-clock.ts')],
    env: { CLOCK_OFFSET_FILE: offset },
  });
  const { ghost, admin } = site;
  await using listener = await listenToPublishing(admin);
  const { heard } = listener;
  const spreadSeconds = restarts * 8;
  const beginsIn = soak ? 120 : 10;
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
    const step = steps[(kill + 1) / restartsAStep - 1];
    if (step !== undefined) {
      await sleep(1_000);
      await writeFile(offset, `${step}`);
    }
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
  const lateMs = Date.now() - Math.max(upAt, last);
  await sleep(2_000);
  for (const { id, status } of await rows()) {
    if (unscheduled.includes(id)) expect(status).toBe('draft');
  }
  // Ghost forgets a webhook that is on its way when it dies; nothing may come twice.
  for (const [id, times] of heard) expect([id, times]).toEqual([id, 1]);
  expect(heard.size).toBeGreaterThanOrEqual(wanted.length - restarts * 5);
  await rm(clock, { recursive: true });
  console.log(
    `${wanted.length} of ${posts} posts published through ${restarts} SIGKILLs and ${steps.length} steps of the clock, ${unscheduled.length} unscheduled ones not; the last ${Math.max(0, Math.round(lateMs / 1_000))} s after its time and Ghost's boot`,
  );
}, 1_800_000);

/** Counts how often Ghost tells that a post was published. */
async function listenToPublishing(admin: AdminClient) {
  const heard = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id } = JSON.parse(body).post.current;
    heard.set(id, (heard.get(id) ?? 0) + 1);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const integration = await admin.integrations.add({ name: 'Count' });
  const webhook = { event: 'post.published', name: 'Count', target_url };
  await admin.request('POST', 'webhooks', {
    json: { webhooks: [{ ...webhook, integration_id: integration.id }] },
  });
  return {
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const timeOf = ({ published_at }: Row): number =>
  typeof published_at === 'number'
    ? published_at
    : Date.parse(`${published_at.replace(' ', 'T')}Z`);
