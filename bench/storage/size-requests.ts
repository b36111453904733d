import { readFileSync } from 'node:fs';
import type { RunningGhost } from '@prosora/ghost-local';
import autocannon from 'autocannon';
import { quantile } from '../quantile.ts';

/** How many pictures a site has. */
export const PICTURES = 50;
const SIZES = ['w600', 'w1000', 'w1600', 'w2400'];
const SIZE_PATHS = SIZES.flatMap((size) =>
  Array.from({ length: PICTURES }, (_, number) => `size/${size}/2026/11/${number}.jpg`),
);

/** Milliseconds of CPU that Ghost and its threads take for one request of each size. */
export async function cpuOf({ pid, url }: RunningGhost): Promise<number> {
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  for (const size of SIZE_PATHS) {
    const response = await fetch(`${url}/content/images/${size}`, { redirect: 'manual' });
    if (response.status !== 302 && response.status !== 200)
      throw new Error(`${size}: ${response.status}`);
    await response.arrayBuffer();
  }
  return (ticks() - before) * 10;
}

/** Median over all sizes, redirects followed. */
export async function msToFirstByte({ url }: RunningGhost): Promise<number> {
  const times: number[] = [];
  for (const size of [...SIZE_PATHS, ...SIZE_PATHS]) {
    const startedAt = performance.now();
    const { body } = await fetch(`${url}/content/images/${size}`);
    const reader = body?.getReader();
    await reader?.read();
    times.push(performance.now() - startedAt);
    await reader?.cancel();
  }
  // The first half made what had not been asked for before.
  return quantile(times.slice(SIZE_PATHS.length), 0.5);
}

/** Of one size, over 20 connections. */
export async function requestsPerSecond({ url }: RunningGhost): Promise<number> {
  const { requests, non2xx, ...counts } = await autocannon({
    url: `${url}/content/images/size/w600/2026/11/1.jpg`,
    connections: 20,
    duration: 4,
  });
  if (counts['3xx'] === 0 || non2xx > counts['3xx'])
    throw new Error('Not all answers were redirects.');
  return requests.average;
}
