import { statfsSync } from 'node:fs';
import { corpusDir } from './engine/corpora.ts';
import { measureDashboards } from './engine/dashboards.ts';
import { measureEndpoints } from './engine/endpoints.ts';
import { measureIngest } from './engine/ingest.ts';
import { measureMemory } from './engine/memory.ts';
import { measureRest } from './engine/rest.ts';
import type { Figure } from './figure.ts';

const LEAST_FREE_BYTES = 4 * 2 ** 30;

const PARTS: Record<string, (one: string, three: string) => Promise<Figure[]>> = {
  ingest: () => measureIngest(),
  '1M': (one) => measureEndpoints('1M', one),
  '3M': (_one, three) => measureEndpoints('3M', three),
  dashboards: (_one, three) => measureDashboards(three),
  memory: (one) => measureMemory(one),
  rest: (_one, three) => measureRest(three),
};

/**
 * Takes in hits, answers what Ghost Admin asks over 1 and 3 million of them, and counts what that costs; each
 * part by itself with `PROSORA_BENCH_PART=ingest|1M|3M|dashboards|memory|rest`.
 */
export async function run(): Promise<Figure[]> {
  const { bavail, bsize } = statfsSync('.');
  if (bavail * bsize < LEAST_FREE_BYTES) throw new Error('The corpora need 4 GB of disk.');
  const only = process.env['PROSORA_BENCH_PART'];
  const [one, three] = [await corpusDir(1), await corpusDir(3)];
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (only === undefined || only === name) figures.push(...(await measure(one, three)));
  }
  return figures;
}
