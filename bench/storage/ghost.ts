import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bootGhost, installGhost } from '@prosora/ghost-local';
import CloudinaryStorage from '@prosora/ghost-storage-cloudinary';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { type CloudinaryProcess, PACKAGE } from './cloudinary-process.ts';
import { CONSTANT_ADAPTER } from './constant-adapter.ts';
import { cpuOf, msToFirstByte, PICTURES, requestsPerSecond } from './size-requests.ts';

/** Ghost with each way to store pictures: what a request for a size costs it, and how many it answers. */
export async function measureGhost(cloudinary: CloudinaryProcess, dir: string): Promise<Figure[]> {
  const install = await installGhost();
  const sharp = createRequire(path.join(install.dir, 'index.js'))('sharp');
  const { cloudName, apiKey, apiSecret, url } = cloudinary;
  const account = { cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url };
  const boot = async (name: string, storage: object) => {
    const folder = path.join(dir, name);
    const adapters = path.join(folder, 'content/adapters/storage');
    mkdirSync(adapters, { recursive: true });
    writeFileSync(path.join(adapters, 'constant.js'), CONSTANT_ADAPTER);
    cpSync(path.join(PACKAGE, 'dist/index.cjs'), path.join(adapters, 'cloudinary.js'));
    return bootGhost({ install, dir: folder, config: { storage } });
  };
  const pictures = path.join(dir, 'local/content/images/2026/11');
  mkdirSync(pictures, { recursive: true });
  const storage = new CloudinaryStorage({ ...account, contentPath: path.join(dir, 'none') });
  for (let number = 0; number < PICTURES; number += 1) {
    const picture = path.join(pictures, `${number}.jpg`);
    writeFileSync(picture, await photo(sharp, number));
    await storage.save({ name: `${number}.jpg`, path: picture }, '2026/11');
  }

  await using ours = await boot('ours', { active: 'cloudinary', cloudinary: account });
  await using constant = await boot('constant', { active: 'constant', constant: {} });
  await using local = await boot('local', { active: 'LocalImagesStorage' });
  const cold = { ours: await cpuOf(ours), local: await cpuOf(local) };
  const warm = { ours: await cpuOf(ours), local: await cpuOf(local) };
  const rounds = { ours: [] as number[], constant: [] as number[] };
  for (let round = 0; round < 5; round += 1) {
    rounds.constant.push(await requestsPerSecond(constant));
    rounds.ours.push(await requestsPerSecond(ours));
  }
  const firstByte = { ours: await msToFirstByte(ours), local: await msToFirstByte(local) };
  // The first round warms up the compiler.
  const [ourRate, constantRate] = [
    quantile(rounds.ours.slice(1), 0.5),
    quantile(rounds.constant.slice(1), 0.5),
  ];
  return [
    {
      name: 'redirects of a size, in Ghost',
      value: ourRate,
      unit: 'requests/s',
      yardstick: { name: 'adapter with a constant 302', value: constantRate },
      budget: { description: '≥ 90 % of the constant 302', met: ourRate >= 0.9 * constantRate },
    },
    {
      name: "Ghost's CPU for 200 sizes, cold",
      value: cold.ours,
      unit: 'ms',
      yardstick: { name: 'local storage with sharp', value: cold.local },
      budget: { description: '≤ 1/20 of local storage', met: cold.ours <= cold.local / 20 },
    },
    {
      name: "Ghost's CPU for 200 sizes, warm",
      value: warm.ours,
      unit: 'ms',
      yardstick: { name: 'local storage', value: warm.local },
      // The kernel counts in ticks of 10 ms.
      budget: { description: 'no worse than local storage', met: warm.ours <= warm.local + 10 },
    },
    {
      name: 'first byte of the final image over both hops, warm',
      value: firstByte.ours,
      unit: 'ms',
      yardstick: { name: 'one hop to local storage', value: firstByte.local },
    },
  ];
}

/** A photograph's worth of detail, different for each number. */
function photo(
  sharp: (options: object) => { jpeg(): { toBuffer(): Promise<Buffer> } },
  number: number,
) {
  return sharp({
    create: {
      ...{ width: 2400, height: 1600, channels: 3, background: '#888' },
      noise: { type: 'gaussian', mean: 100 + number, sigma: 8 },
    },
  })
    .jpeg()
    .toBuffer();
}
