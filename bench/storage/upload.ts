import { writeFileSync } from 'node:fs';
import path from 'node:path';
import CloudinaryStorage from '@prosora/ghost-storage-cloudinary';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { postBare } from './bare-post.ts';
import type { CloudinaryProcess } from './cloudinary-process.ts';

const UPLOADS = 60;
const UPLOAD_BYTES = 300_000;

/** The same file, in turns so that both meet the same noise, through the adapter and as a bare POST. */
export async function measureUpload(cloudinary: CloudinaryProcess, dir: string): Promise<Figure[]> {
  const { cloudName, apiKey, apiSecret, url } = cloudinary;
  const storage = new CloudinaryStorage({
    ...{ cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url },
    ...{ siteUrl: 'http://localhost', contentPath: path.join(dir, 'content') },
  });
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < UPLOADS; round++) {
    const bytes = new Uint8Array(UPLOAD_BYTES).map((_, at) => (at * 31 + round * 7) & 255);
    const file = path.join(dir, `file-${round}.bin`);
    writeFileSync(file, bytes);
    times.bare.push(await elapsed(() => postBare(cloudinary, `bare-${round}`, file)));
    times.ours.push(
      await elapsed(() => storage.save({ name: `ours-${round}.zip`, path: file }, 'bench')),
    );
  }
  const [value, yardstick] = [quantile(times.ours, 0.5), quantile(times.bare, 0.5)];
  return [
    {
      name: 'upload of 300 kB, median',
      value,
      unit: 'ms',
      yardstick: { name: 'bare multipart POST to the same stand-in', value: yardstick },
      budget: { description: '≤ 1.15 × the bare POST', met: value <= 1.15 * yardstick },
    },
  ];
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
