import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../quantile.ts';
import type { Site } from './site.ts';

const READS_A_SECOND = 20;

/** What readers met, and what was done meanwhile. */
interface Reading<Result> {
  seconds: number;
  p99Ms: number;
  result: Result;
}

/** Reads the front page again and again, for so many seconds or while something is done. */
export async function whileReading<Result = void>(
  site: Site,
  work: number | (() => Promise<Result>),
): Promise<Reading<Result>> {
  const took: number[] = [];
  const startedAt = performance.now();
  let isOver = false;
  const done = (
    typeof work === 'number' ? delay(work * 1_000, undefined as Result) : work()
  ).finally(() => {
    isOver = true;
  });
  const reads: Promise<unknown>[] = [];
  while (!isOver) {
    reads.push(site.frontPage().then((ms) => took.push(ms)));
    await delay(1_000 / READS_A_SECOND);
  }
  const result = await done;
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(reads);
  return { seconds, p99Ms: quantile(took, 0.99), result };
}
