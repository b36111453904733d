import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof } from '../site.ts';
import { until } from '../until.ts';

const AHEAD_SECONDS = 20;

/** What the jobs and scheduling adapters promise. It ends Ghost, so it has its turn when nothing else asks it. */
export const scheduleProof: Proof = {
  claim: `a post scheduled ${AHEAD_SECONDS} s ahead appears although Ghost was killed at its time`,
  async prove({ ghost, admin }) {
    const { id } = await admin.posts.add({ title: `Spring tide of ${new Date().toISOString()}` });
    // Ghost keeps whole seconds.
    const dueAt = Math.ceil(Date.now() / 1_000 + AHEAD_SECONDS) * 1_000;
    const published_at = new Date(dueAt).toISOString();
    await admin.posts.edit(id, { status: 'scheduled', published_at });
    await sleep(dueAt - Date.now() - 200);
    await ghost.kill();
    await sleep(dueAt - Date.now() + 500);
    await ghost.restart();
    const upAt = Date.now();
    const { url } = await until(
      'the post',
      async () => {
        const post = await admin.posts.read(id);
        return post.status === 'published' ? post : undefined;
      },
      15_000,
    );
    const seconds = ((Date.now() - upAt) / 1_000).toFixed(1);
    assert.equal((await fetch(url)).status, 200);
    return `published ${seconds} s after Ghost was up again`;
  },
};
