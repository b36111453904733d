import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { askEdge } from './edge.ts';
import { allHealthy, compose } from './stack.ts';

/** One request every quarter of a second until `work` is done, at least `count` of them. */
async function statusesDuring(work: () => Promise<unknown>, count: number): Promise<number[]> {
  let done = false;
  const working = work().finally(() => {
    done = true;
  });
  const asked: Promise<number>[] = [];
  while (!done || asked.length < count) {
    asked.push(
      askEdge('/').then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await delay(250);
  }
  await working;
  return await Promise.all(asked);
}

test('while Ghost restarts, at most 1 of 60 requests is not answered with the page', async () => {
  const statuses = await statusesDuring(() => compose(['restart', 'ghost']), 60);
  const failed = statuses.filter((status) => status !== 200);
  console.log(`${failed.length} of ${statuses.length} not 200 while Ghost restarted`);
  expect(failed.length).toBeLessThanOrEqual(1);
  await allHealthy();
});
