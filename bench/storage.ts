import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { bootGhost, installGhost, type RunningGhost } from '@prosora/ghost-local';
import CloudinaryStorage from '@prosora/ghost-storage-cloudinary';
import autocannon from 'autocannon';
import type { Figure } from './figure.ts';
import { quantile } from './quantile.ts';
import { type CloudinaryProcess, startCloudinary } from './storage/cloudinary-process.ts';

const execFileAsync = promisify(execFile);
const PACKAGE = path.join(import.meta.dirname, '../packages/ghost-storage-cloudinary');
const CLI = path.join(PACKAGE, 'dist/cli.js');

const UPLOADS = 60;
const UPLOAD_BYTES = 300_000;

/** What the adapter adds to an upload, what it takes off Ghost, and how fast a site moves in. */
export async function run(): Promise<Figure[]> {
  await execFileAsync('npm', ['run', 'build', '--silent'], { cwd: PACKAGE });
  const dir = mkdtempSync(path.join(tmpdir(), 'prosora-bench-'));
  await using cloudinary = await startCloudinary(path.join(dir, 'sandbox'));
  const { cloudName, apiKey, apiSecret, url } = cloudinary;
  const storage = new CloudinaryStorage({
    ...{ cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url },
    ...{ siteUrl: 'http://localhost', contentPath: path.join(dir, 'content') },
  });
  try {
    return [
      await measureUpload(storage, cloudinary, dir),
      ...(await measurePush(cloudinary, dir)),
      ...(await measureGhost(cloudinary, dir)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same file, in turns so that both meet the same noise, through the adapter and as a bare POST. */
async function measureUpload(
  storage: CloudinaryStorage,
  cloudinary: CloudinaryProcess,
  dir: string,
): Promise<Figure> {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < UPLOADS; turn++) {
    const bytes = new Uint8Array(UPLOAD_BYTES).map((_, at) => (at * 31 + turn * 7) & 255);
    const file = path.join(dir, `file-${turn}.bin`);
    writeFileSync(file, bytes);
    times.bare.push(await elapsed(() => postBare(cloudinary, `bare-${turn}`, file)));
    times.ours.push(
      await elapsed(() => storage.save({ name: `ours-${turn}.zip`, path: file }, 'bench')),
    );
  }
  const [value, yardstick] = [quantile(times.ours, 0.5), quantile(times.bare, 0.5)];
  return {
    name: 'upload of 300 kB, median',
    value,
    unit: 'ms',
    yardstick: { name: 'bare multipart POST to the same stand-in', value: yardstick },
    budget: { description: '≤ 1.15 × the bare POST', met: value <= 1.15 * yardstick },
  };
}

async function postBare(cloudinary: CloudinaryProcess, name: string, file: string) {
  const { url, cloudName, apiKey, apiSecret } = cloudinary;
  const params = { public_id: `bench/${name}.bin`, timestamp: `${Math.floor(Date.now() / 1000)}` };
  const signed = `public_id=${params.public_id}&timestamp=${params.timestamp}${apiSecret}`;
  const signature = createHash('sha1').update(signed).digest('hex');
  const form = new FormData();
  for (const [key, value] of Object.entries({ ...params, api_key: apiKey, signature })) {
    form.append(key, value);
  }
  form.append('file', new Blob([await readFile(file)]), name);
  const endpoint = `${url}/v1_1/${cloudName}/raw/upload`;
  const response = await fetch(endpoint, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`The bare POST was answered ${response.status}.`);
  await response.json();
}

/** An adapter of which nothing but a constant redirect is left, for Ghost to put in the same place. */
const CONSTANT_ADAPTER = `
class StorageBase {
  constructor() {
    const requiredFns = ['exists', 'save', 'serve', 'delete', 'read'];
    Object.defineProperty(this, 'requiredFns', { value: Object.freeze(requiredFns) });
  }
}
class Constant extends StorageBase {
  storagePath = 'content/images';
  staticFileURLPrefix = 'content/images';
  async exists() { return true; }
  async save() {}
  async saveRaw() {}
  async delete() {}
  async read() {}
  serve() {
    return (request, response) => {
      response.set('Cache-Control', 'public, max-age=86400').redirect(302, 'https://example.com/picture.jpg');
    };
  }
}
module.exports = Constant;`;

const PICTURES = 50;
const SIZES = ['w600', 'w1000', 'w1600', 'w2400'];
const SIZE_PATHS = SIZES.flatMap((size) =>
  Array.from({ length: PICTURES }, (_, number) => `size/${size}/2026/11/${number}.jpg`),
);

/** Ghost with each way to store pictures: what a request for a size costs it, and how many it answers. */
async function measureGhost(cloudinary: CloudinaryProcess, dir: string): Promise<Figure[]> {
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

/** Milliseconds of CPU that Ghost and its threads take for one request of each size. */
async function cpuOf({ pid, url }: RunningGhost): Promise<number> {
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
async function msToFirstByte({ url }: RunningGhost): Promise<number> {
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

async function requestsPerSecond({ url }: RunningGhost): Promise<number> {
  const { requests, non2xx, ...counts } = await autocannon({
    url: `${url}/content/images/size/w600/2026/11/1.jpg`,
    connections: 20,
    duration: 4,
  });
  if (counts['3xx'] === 0 || non2xx > counts['3xx'])
    throw new Error('Not all answers were redirects.');
  return requests.average;
}

const PUSH_LANES = 4;
const PUSH_FILES = { 20: 1200, 200: 160 } as const;

/** Files a second with a vendor that takes so long to answer, beside bare POSTs of the same files, as many at a time. */
async function measurePush(cloudinary: CloudinaryProcess, dir: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const latencyMs of [20, 200] as const) {
    const site = path.join(dir, `push-${latencyMs}`);
    const folder = path.join(site, 'content/files/2026');
    mkdirSync(folder, { recursive: true });
    const files = Array.from({ length: PUSH_FILES[latencyMs] }, (_, number) =>
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
      const waiting = files.values();
      const lane = async () => {
        for (const file of waiting) {
          await postBare(cloudinary, `ideal-${latencyMs}-${path.basename(file)}`, file);
        }
      };
      await Promise.all(Array.from({ length: PUSH_LANES }, lane));
    });
    const command = [CLI, 'push', '--concurrency', `${PUSH_LANES}`];
    const rate = await uploadRate(cloudinary, () =>
      execFileAsync(process.execPath, command, { cwd: site }),
    );
    await cloudinary.faults.clear();
    figures.push({
      name: `push at ${latencyMs} ms, ${PUSH_LANES} at a time`,
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

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
