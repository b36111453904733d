import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import CloudinaryStorage from '@prosora/ghost-storage-cloudinary';
import { type Cloudinary, startSandbox } from '@prosora/sandbox';
import autocannon from 'autocannon';
import express, { type RequestHandler } from 'express';
import type { Figure } from './figure.ts';

const UPLOADS = 60;
const UPLOAD_BYTES = 300_000;

/** What the adapter adds to an upload and to a request for a size. */
export async function run(): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(tmpdir(), 'prosora-bench-'));
  await using sandbox = await startSandbox({ port: 0, dataDir: path.join(dir, 'sandbox') });
  const { cloudName, apiKey, apiSecret, url } = sandbox.cloudinary;
  const storage = new CloudinaryStorage({
    ...{ cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url },
    ...{ siteUrl: 'http://localhost', contentPath: path.join(dir, 'content') },
  });
  try {
    return [await measureUpload(storage, sandbox.cloudinary, dir), await measureServe(storage)];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same bytes, in turns so that both meet the same noise, through the adapter and as a bare POST. */
async function measureUpload(
  storage: CloudinaryStorage,
  cloudinary: Cloudinary,
  dir: string,
): Promise<Figure> {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < UPLOADS; turn++) {
    const bytes = new Uint8Array(UPLOAD_BYTES).map((_, at) => (at * 31 + turn * 7) & 255);
    const file = path.join(dir, `file-${turn}.bin`);
    writeFileSync(file, bytes);
    times.bare.push(await elapsed(() => postBare(cloudinary, `bare-${turn}`, bytes)));
    times.ours.push(
      await elapsed(() => storage.save({ name: `ours-${turn}.zip`, path: file }, 'bench')),
    );
  }
  const [value, yardstick] = [median(times.ours), median(times.bare)];
  return {
    name: 'upload of 300 kB, median',
    value,
    unit: 'ms',
    yardstick: { name: 'bare multipart POST to the same stand-in', value: yardstick },
    budget: { description: '≤ 1.15 × the bare POST', met: value <= 1.15 * yardstick },
  };
}

async function postBare(
  cloudinary: Cloudinary,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const form = new FormData();
  const params = {
    public_id: `bench/${name}.bin`,
    timestamp: String(Math.floor(Date.now() / 1000)),
  };
  const toSign = Object.entries(params)
    .map(([key, value]) => `${key}=${value}`)
    .join('&');
  const signature = await sha1(toSign + cloudinary.apiSecret);
  for (const [key, value] of Object.entries({ ...params, api_key: cloudinary.apiKey, signature })) {
    form.append(key, value);
  }
  form.append('file', new Blob([bytes]), name);
  const endpoint = `${cloudinary.url}/v1_1/${cloudinary.cloudName}/raw/upload`;
  const response = await fetch(endpoint, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`The bare POST was answered ${response.status}.`);
  await response.json();
}

async function sha1(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-1', Buffer.from(text))).toString('hex');
}

/** Requests a second for a size's redirect, beside a handler that answers one constant redirect. */
async function measureServe(storage: CloudinaryStorage): Promise<Figure> {
  const constant: RequestHandler = (_request, response) => {
    response
      .set('cache-control', 'public, max-age=86400')
      .redirect(302, 'https://example.com/picture.jpg');
  };
  const rounds = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < 3; round++) {
    rounds.bare.push(await requestsPerSecond(constant));
    rounds.ours.push(await requestsPerSecond(storage.serve()));
  }
  const [value, yardstick] = [median(rounds.ours), median(rounds.bare)];
  return {
    name: 'redirects of a size',
    value,
    unit: 'requests/s',
    yardstick: { name: 'express handler with a constant 302', value: yardstick },
  };
}

async function requestsPerSecond(handler: RequestHandler): Promise<number> {
  const app = express();
  app.use('/content/images', handler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/content/images/size/w600/format/webp/2026/11/harbour.jpg`;
  const {
    requests,
    non2xx,
    '3xx': redirects,
  } = await autocannon({ url, connections: 20, duration: 4 });
  server.close();
  if (redirects === 0 || non2xx > redirects)
    throw new Error('Something other than redirects was answered.');
  return requests.average;
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
