import { statfsSync } from 'node:fs';
import { corpusDir } from './engine/corpora.ts';
import { measureDashboards } from './engine/dashboards.ts';
import { measureEndpoints } from './engine/endpoints.ts';
import { measureIngest } from './engine/ingest.ts';
import { measureMemory } from './engine/memory.ts';
import { measureRest } from './engine/rest.ts';
import type { Figure } from './figure.ts';

const LEAST_FREE_BYTES = 4 * 2 ** 30;

/** Takes in hits, answers what Ghost Admin asks over 1 and 3 million of them, and counts what that costs. */
export async function run(): Promise<Figure[]> {
  const { bavail, bsize } = statfsSync('.');
  if (bavail * bsize < LEAST_FREE_BYTES) throw new Error('The corpora need 4 GB of disk.');
  const [one, three] = [await corpusDir(1), await corpusDir(3)];
  return [
    ...(await measureIngest()),
    ...(await measureEndpoints('1M', one)),
    ...(await measureEndpoints('3M', three)),
    ...(await measureDashboards(three)),
    ...(await measureMemory(one)),
    ...(await measureRest(three)),
  ];
}
