import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSpool } from '../../packages/ghost-analytics-tinybird/src/spool/spool.ts';
import type { Figure } from '../figure.ts';
import { startCollector } from './collector-process.ts';
import { hitNumber } from './hits.ts';

const SPOOL_GIB = 10;

/** Ten GiB in segments of 4 MiB: one that is real, under as many names. */
export async function measureFullSpool(dir: string): Promise<Figure[]> {
  const nowhere = 'http://127.0.0.1:9';
  const empty = await startCollector(join(dir, 'empty'), nowhere);
  await empty.stop();
  const folder = join(dir, 'full', 'spool');
  mkdirSync(folder, { recursive: true });
  {
    await using spool = await openSpool({ folder, maxBytes: 2 ** 30 });
    const { body } = hitNumber(1);
    while (spool.bytes < 4 * 2 ** 20) {
      await Promise.all(Array.from({ length: 500 }, () => spool.append(body)));
    }
  }
  const [real = ''] = readdirSync(folder);
  const segments = (SPOOL_GIB * 2 ** 30) / (4 * 2 ** 20);
  for (let order = 2; order <= segments; order += 1) {
    linkSync(
      join(folder, real),
      join(folder, `${String(order).padStart(10, '0')}${real.slice(10)}`),
    );
  }
  const full = await startCollector(join(dir, 'full'), nowhere);
  const rssMb = full.peakRssMb();
  await full.stop();
  return [
    {
      name: `start-up with ${SPOOL_GIB} GiB in the spool`,
      value: full.startMs,
      unit: 'ms',
      yardstick: { name: 'with an empty one', value: empty.startMs },
    },
    { name: 'memory after that start', value: rssMb, unit: 'MB' },
  ];
}
