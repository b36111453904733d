import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Figure } from '../figure.ts';
import { postBare } from './bare-post.ts';
import { type CloudinaryProcess, PACKAGE } from './cloudinary-process.ts';

const execFileAsync = promisify(execFile);
const CLI = path.join(PACKAGE, 'dist/cli.js');

const AT_ONCE = 4;
const FILES = { 20: 1200, 200: 160 } as const;

/** Files a second with a vendor that takes so long to answer, beside bare POSTs of the same files, as many at a time. */
export async function measurePush(cloudinary: CloudinaryProcess, dir: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const latencyMs of [20, 200] as const) {
    const site = path.join(dir, `push-${latencyMs}`);
    const folder = path.join(site, 'content/files/2026');
    mkdirSync(folder, { recursive: true });
    const files = Array.from({ length: FILES[latencyMs] }, (_, number) =>
      path.join(folder, `${number}.bin`),
    );
    for (const [number, file] of files.entries()) {
      writeFileSync(file, Buffer.alloc(20_000, `${latencyMs} ${number} `));
    }
    const block = { cloudinaryUrl: cloudinary.cloudinaryUrl, secureDistribution: cloudinary.url };
    writeFileSync(
      path.join(site, 'config.production.json'),
      JSON.stringify({ storage: { cloudinary: { ...block, folder: `push-${latencyMs}` } } }),
    );
    await cloudinary.faults.set([{ match: { path: '/upload$' }, fault: { latencyMs } }]);
    const ideal = await uploadRate(cloudinary, async () => {
      const rest = files.values();
      const postRest = async () => {
        for (const file of rest) {
          await postBare(cloudinary, `ideal-${latencyMs}-${path.basename(file)}`, file);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, postRest));
    });
    const command = [CLI, 'push', '--concurrency', `${AT_ONCE}`];
    const rate = await uploadRate(cloudinary, () =>
      execFileAsync(process.execPath, command, { cwd: site }),
    );
    await cloudinary.faults.clear();
    figures.push({
      name: `push at ${latencyMs} ms, ${AT_ONCE} at a time`,
      value: rate,
      unit: 'files/s',
      yardstick: { name: 'bare POSTs, as many at a time', value: ideal },
      budget: { description: '≥ 85 % of the ideal', met: rate >= 0.85 * ideal },
    });
  }
  return figures;
}

/** From the first upload to the end of the last: Node's start is not the push's. */
async function uploadRate(
  { requests }: CloudinaryProcess,
  work: () => Promise<unknown>,
): Promise<number> {
  const since = new Date().toISOString();
  await work();
  const uploads = (await requests(/\/upload$/)).filter(({ at }) => at >= since);
  const starts = uploads.map(({ at }) => Date.parse(at));
  const ends = uploads.map(({ at, durationMs }) => Date.parse(at) + durationMs);
  return (uploads.length * 1000) / (Math.max(...ends) - Math.min(...starts));
}
