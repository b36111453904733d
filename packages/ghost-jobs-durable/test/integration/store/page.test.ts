import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobState, openStore, type Queue } from '@prosora/durable';
import { afterAll, expect, test } from 'vitest';
import { pageOfJobs, readPosition } from '../../../src/store/page.ts';
import { type JobTables, migrations } from '../../../src/store/tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobs-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('pages of any size hold every job once, those that need somebody first', async () => {
  await using store = await openStore<JobTables>({ file: join(folder, 'jobs.db'), migrations });
  const states: JobState[] = ['dead', 'ready', 'delayed'];
  const queues: Queue<never>[] = [];
  for (const name of ['callbacks', 'jobs:default', 'jobs:a,b']) {
    const queue = store.queue(name) as unknown as Queue<never>;
    queues.push(queue);
    for (let n = 0; n < 3; n += 1) await queue.add(`dead-${n}`, new Uint8Array());
    for (const job of await queue.claim(3, 60_000)) {
      await queue.settle(job, { kind: 'dead', reason: 'no' });
    }
    for (let n = 0; n < 5; n += 1) {
      await queue.add(`ready-${n}`, new Uint8Array());
      const availableAt = new Date(Date.now() + 3_600_000 * (5 - n));
      await queue.add(`later-${n}`, new Uint8Array(), { availableAt });
    }
  }
  const whole = await pageOfJobs({ store, queues }, states, { limit: 100, after: undefined });
  expect(whole.next).toBeNull();
  const ids = whole.items.map(({ queue, id }) => `${queue} ${id}`);
  expect(new Set(ids).size).toBe(39);
  expect(whole.items.slice(0, 13).map(({ state }) => state)).toEqual([
    ...Array(3).fill('dead'),
    ...Array(5).fill('ready'),
    ...Array(5).fill('delayed'),
  ]);
  expect(ids.slice(8, 13)).toEqual([4, 3, 2, 1, 0].map((n) => `callbacks later-${n}`));
  for (const limit of [1, 2, 3, 5, 8, 13, 39]) {
    const found: string[] = [];
    let next: string | null = null;
    do {
      const after = next === null ? undefined : readPosition(next);
      const page = await pageOfJobs({ store, queues }, states, { limit, after });
      expect(page.items.length).toBeGreaterThan(0);
      found.push(...page.items.map(({ queue, id }) => `${queue} ${id}`));
      next = page.next;
    } while (next !== null);
    expect(found).toEqual(ids);
  }
  const elsewhere = readPosition('jobs:lost,ready,0,1');
  await expect(
    pageOfJobs({ store, queues }, states, { limit: 1, after: elsewhere }),
  ).rejects.toMatchObject({ code: 'FLAG_INVALID' });
});
