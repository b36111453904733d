import { createHash, randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  bytesOf,
  mp4,
  type SandboxWithSdk,
  startWithSdk,
} from '../../fixtures/cloudinary-with-sdk.ts';

const PART = 5 * 1024 * 1024;
const video = mp4(2 * PART + 1000);

let context: SandboxWithSdk;
let path: string;

beforeAll(async () => {
  context = await startWithSdk();
  path = join(context.dataDir, 'clip.mp4');
  await writeFile(path, video);
});
beforeEach(() => context.sandbox.reset());
afterAll(() => context[Symbol.asyncDispose]());

type Result = Record<string, unknown> & { secure_url: string };

function uploadLarge(options: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    void context.sdk.uploader.upload_large(path, options, (error, result) =>
      error ? reject(error) : resolve(result as unknown as Result),
    );
  });
}

/** Sends one part, as a client of its own would. */
async function sendPart(
  uploadId: string,
  [start, end]: readonly [number, number],
  { total = String(video.length), bytes = video.subarray(start, end) } = {},
) {
  const { url, cloudName, apiKey, apiSecret } = context.sandbox.cloudinary;
  const params = { public_id: 'clip', timestamp: String(Math.floor(Date.now() / 1000)) };
  const form = new FormData();
  const signature = context.sdk.utils.api_sign_request(params, apiSecret);
  for (const [key, value] of Object.entries({ ...params, signature, api_key: apiKey })) {
    form.set(key, value);
  }
  form.set('file', new Blob([new Uint8Array(bytes)]), 'clip.mp4');
  const response = await fetch(`${url}/v1_1/${cloudName}/video/upload`, {
    method: 'POST',
    headers: {
      'x-unique-upload-id': uploadId,
      'content-range': `bytes ${start}-${end - 1}/${total}`,
    },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('uploader.upload_large', () => {
  test('stores the whole file, byte for byte', async () => {
    const options = { resource_type: 'video', public_id: 'clip', chunk_size: PART };
    const result = await uploadLarge(options);
    expect(result).toMatchObject({
      public_id: 'clip',
      resource_type: 'video',
      format: 'mp4',
      bytes: video.length,
      etag: createHash('md5').update(video).digest('hex'),
    });
    expect((await bytesOf(await fetch(result.secure_url))).equals(video)).toBe(true);
    const calls = context.sandbox.cloudinary.requests.list(/upload$/);
    expect(calls.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test('upload_chunked does the same for raw files', async () => {
    context.sandbox.cloudinary.settings.set({ rawMaxBytes: video.length });
    const options = { resource_type: 'raw' as const, chunk_size: PART, public_id: 'clip.bin' };
    const result = await new Promise((resolve) => {
      context.sdk.uploader.upload_chunked(path, options, (error, result) =>
        resolve(error ?? result),
      );
    });
    expect(result).toMatchObject({ public_id: 'clip.bin', bytes: video.length });
  });

  test('refuses small parts and whole files over the limit with the vendor’s sentences', async () => {
    await expect(uploadLarge({ resource_type: 'video', chunk_size: 40_000 })).rejects.toMatchObject(
      {
        message: 'All parts except EOF-chunk must be larger than 5mb',
      },
    );
    context.sandbox.cloudinary.settings.set({ videoMaxBytes: PART });
    await expect(uploadLarge({ resource_type: 'video', chunk_size: PART })).rejects.toMatchObject({
      message: `File size too large. Got ${video.length}. Maximum is ${PART}.`,
    });
  });
});

describe('parts', () => {
  const ranges = [
    [0, PART],
    [PART, 2 * PART],
    [2 * PART, video.length],
  ] as const;

  test('may come in any order and more than once; the last to be missing completes the file', async () => {
    const id = randomUUID();
    const garbled = Buffer.alloc(PART, 'x');
    expect(await sendPart(id, ranges[2])).toMatchObject({ status: 200, body: { done: false } });
    expect(await sendPart(id, ranges[0], { bytes: garbled })).toMatchObject({
      body: { done: false },
    });
    expect(await sendPart(id, ranges[0])).toMatchObject({ body: { done: false } });
    const { body } = await sendPart(id, ranges[1]);
    expect(body).toMatchObject({ bytes: video.length });
    expect((await bytesOf(await fetch(String(body['secure_url'])))).equals(video)).toBe(true);
  });

  test('of two uploads at once do not mix', async () => {
    const ids = [randomUUID(), randomUUID()];
    for (const id of ids) await sendPart(id, ranges[0], { total: '-1' });
    for (const id of ids) await sendPart(id, ranges[1], { total: '-1' });
    for (const id of ids) {
      expect(await sendPart(id, ranges[2])).toMatchObject({ body: { bytes: video.length } });
    }
  });

  test('whose size is not what their range says are refused', async () => {
    const wrong = await sendPart(randomUUID(), ranges[0], { bytes: video.subarray(0, 100) });
    expect(wrong).toMatchObject({
      status: 400,
      body: { error: { message: 'Content-Range does not match the size 100' } },
    });
  });

  test('leave nothing behind once the file is whole', async () => {
    const id = randomUUID();
    for (const range of ranges) await sendPart(id, range);
    expect(await readdir(join(context.dataDir, 'cloudinary/scratch'))).toEqual([]);
  });
});
