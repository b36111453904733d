import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  bytesOf,
  dataUri,
  mp4,
  redAndBlue,
  type SandboxWithSdk,
  startWithSdk,
} from '../../fixtures/cloudinary-with-sdk.ts';

let context: SandboxWithSdk;
let now = Date.now();
let png: Buffer;
let jpeg: Buffer;

beforeAll(async () => {
  context = await startWithSdk({ now: () => now });
  png = await redAndBlue(120, 80);
  jpeg = await redAndBlue(120, 80, 'jpeg');
});
beforeEach(async () => {
  now = Date.now();
  await context.sandbox.reset();
});
afterAll(() => context[Symbol.asyncDispose]());

const text = dataUri(Buffer.from('hello'), 'text/plain');

const upload = (file: string, options: object = {}) => context.sdk.uploader.upload(file, options);

describe('uploader.upload', () => {
  test('answers a data: URI with what it is, and a URL that serves its bytes', async () => {
    const result = await upload(dataUri(png), {
      public_id: '2026/11/logo.png',
      tags: ['blog', 'new'],
      context: { alt: 'a = b | c', by: 'me' },
      asset_folder: 'blog',
      display_name: 'The logo',
    });
    expect(result).toMatchObject({
      public_id: '2026/11/logo.png',
      format: 'png',
      resource_type: 'image',
      type: 'upload',
      width: 120,
      height: 80,
      bytes: png.length,
      etag: createHash('md5').update(png).digest('hex'),
      tags: ['blog', 'new'],
      context: { custom: { alt: 'a = b | c', by: 'me' } },
      asset_folder: 'blog',
      display_name: 'The logo',
      placeholder: false,
      access_mode: 'public',
    });
    expect(result['asset_id']).toMatch(/^[0-9a-f]{32}$/);
    const { version, signature } = result;
    const { apiSecret } = context.sandbox.cloudinary;
    const signed = { public_id: '2026/11/logo.png', version };
    expect(signature).toBe(context.sdk.utils.api_sign_request(signed, apiSecret));
    expect(await bytesOf(await fetch(result.secure_url))).toEqual(png);
  });

  test('names a file by its name when asked to, and by itself otherwise', async () => {
    const path = join(context.dataDir, 'My photo.jpg');
    await writeFile(path, jpeg);
    const named = await upload(path, { use_filename: true, unique_filename: false, folder: 'in' });
    expect(named.public_id).toBe('in/My_photo');
    expect(named.original_filename).toBe('My photo');
    const suffixed = await upload(path, { use_filename: true });
    expect(suffixed.public_id).toMatch(/^My_photo_[a-z0-9]{6}$/);
    expect((await upload(path)).public_id).toMatch(/^[a-z0-9]{20}$/);
    const raw = await upload(path, { use_filename: true, resource_type: 'raw' });
    expect(raw.public_id).toMatch(/^My_photo_[a-z0-9]{6}\.jpg$/);
  });

  test('overwrites by default, with a new version of the same asset', async () => {
    const first = await upload(dataUri(png), { public_id: 'x' });
    const second = await upload(dataUri(jpeg), { public_id: 'x' });
    expect(second).toMatchObject({ asset_id: first['asset_id'], format: 'jpg', overwritten: true });
    expect(second.version).toBeGreaterThan(first.version);
    expect(await bytesOf(await fetch(second.secure_url))).toEqual(jpeg);
  });

  test('overwrite=false answers with the stored asset, whoever asks at the same moment', async () => {
    const pictures = await Promise.all([60, 61, 62, 63, 64].map((size) => redAndBlue(size, 40)));
    const results = await Promise.all(
      pictures.map((bytes) => upload(dataUri(bytes), { public_id: 'image', overwrite: false })),
    );
    expect(results.filter((result) => result['existing'] !== true)).toHaveLength(1);
    expect(new Set(results.map(({ etag }) => etag)).size).toBe(1);
  });

  test('overwriteNotAtomic lets two uploads at once both believe they made it', async () => {
    context.sandbox.cloudinary.settings.set({ overwriteNotAtomic: true });
    const results = await Promise.all(
      [png, jpeg].map((bytes) => upload(dataUri(bytes), { public_id: 'image', overwrite: false })),
    );
    expect(results.some((result) => result['existing'])).toBe(false);
    expect(context.sandbox.cloudinary.assets()).toHaveLength(1);
    const third = await upload(dataUri(png), { public_id: 'image', overwrite: false });
    expect(third['existing']).toBe(true);
  });

  test('tells by content what a file is', async () => {
    const auto = { resource_type: 'auto' as const };
    const video = dataUri(mp4(4000), 'video/mp4');
    const svg = dataUri(
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"/>'),
    );
    expect(await upload(dataUri(png), auto)).toMatchObject({ resource_type: 'image' });
    expect(await upload(svg, auto)).toMatchObject({ format: 'svg', width: 9, height: 7 });
    expect(await upload(video, auto)).toMatchObject({ resource_type: 'video', format: 'mp4' });
    expect(await upload(text, auto)).toMatchObject({
      resource_type: 'raw',
      bytes: 5,
    });
    await expect(upload(text)).rejects.toMatchObject({
      http_code: 400,
      message: 'Invalid image file',
    });
    await expect(upload(text, { resource_type: 'video' })).rejects.toMatchObject({
      message: 'Unsupported video format or file',
    });
  });

  test('makes eager derivatives, and refuses a wrong one before it stores anything', async () => {
    const result = await upload(dataUri(png), {
      public_id: 'x',
      eager: [
        { width: 60, crop: 'limit', format: 'webp' },
        { width: 30, height: 30, crop: 'fill' },
      ],
    });
    expect(result['eager']).toMatchObject([
      { transformation: 'c_limit,w_60', format: 'webp', width: 60, height: 40 },
      { transformation: 'c_fill,h_30,w_30', format: 'png', width: 30, height: 30 },
    ]);
    expect((await fetch(result['eager'][0].secure_url)).headers.get('content-type')).toBe(
      'image/webp',
    );
    const wrong = upload(dataUri(png), { public_id: 'y', eager: [{ width: 'abc' }] });
    await expect(wrong).rejects.toMatchObject({
      message: 'Invalid width in transformation: abc',
    });
    expect(context.sandbox.cloudinary.assets()).toHaveLength(1);
  });

  test('a remote URL and a broken data: URI are refused', async () => {
    const remote = upload('https://example.com/x.png');
    await expect(remote).rejects.toMatchObject({
      message: 'The sandbox does not implement a file given by its URL',
    });
    await expect(upload('data:image/png;base64,%%%')).rejects.toBeDefined();
  });

  test.each(['a?b', '/a', 'a/', ' a', 'a//b', 'a%b', 'x'.repeat(256)])(
    'refuses the id %j',
    async (publicId) => {
      const refused = upload(dataUri(png), { public_id: publicId });
      await expect(refused).rejects.toMatchObject({ http_code: 400 });
    },
  );
});

describe('uploader.upload_stream', () => {
  test('stores what is written to it', async () => {
    const result = await new Promise((resolve, reject) => {
      context.sdk.uploader
        .upload_stream({ public_id: 'streamed' }, (error, answer) =>
          error ? reject(error) : resolve(answer),
        )
        .end(png);
    });
    expect(result).toMatchObject({ public_id: 'streamed', bytes: png.length });
  });
});

describe('who may call, and how much', () => {
  test('a wrong secret is shown what should have been signed', async () => {
    await expect(
      upload(dataUri(png), { public_id: 'a&b', api_secret: 'wrong' }),
    ).rejects.toMatchObject({
      http_code: 401,
      message: expect.stringMatching(
        /^Invalid Signature [0-9a-f]{40}\. String to sign - 'public_id=a%26b&timestamp=\d+'\.$/,
      ),
    });
  });

  test('a wrong key, a wrong cloud and a missing file are told apart', async () => {
    const refused = (options: object) =>
      upload(dataUri(png), options).catch((error: { message: string }) => error.message);
    expect(await refused({ api_key: '1' })).toBe('Invalid api_key 1');
    expect(await refused({ cloud_name: 'other' })).toBe('Invalid cloud_name other');
    const empty = context.sdk.uploader.upload('', {});
    await expect(empty).rejects.toBeDefined();
  });

  test('a signature is good for an hour', async () => {
    now += 3_599_000;
    expect(await upload(dataUri(png))).toMatchObject({ format: 'png' });
    now += 3_000;
    await expect(upload(dataUri(png))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Stale request - reported time is \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 which is more than 1 hour ago$/,
      ),
    });
  });

  test('an account set to sha256 takes no sha1', async () => {
    context.sandbox.cloudinary.settings.set({ signatureAlgorithm: 'sha256' });
    expect(await upload(dataUri(png), { signature_algorithm: 'sha256' })).toMatchObject({
      format: 'png',
    });
    await expect(upload(dataUri(png))).rejects.toMatchObject({ http_code: 401 });
  });

  test('a file over the plan’s limit is refused with both sizes', async () => {
    context.sandbox.cloudinary.settings.set({ imageMaxBytes: 200 });
    await expect(upload(dataUri(png))).rejects.toMatchObject({
      http_code: 400,
      message: `File size too large. Got ${png.length}. Maximum is 200.`,
    });
    expect(context.sandbox.cloudinary.assets()).toEqual([]);
  });

  test('unsigned uploads need a preset', async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(png)]), 'x.png');
    const { url, cloudName } = context.sandbox.cloudinary;
    const response = await fetch(`${url}/v1_1/${cloudName}/image/upload`, {
      method: 'POST',
      body: form,
    });
    const message = 'Upload preset must be specified when using unsigned upload';
    expect(response.status).toBe(400);
    expect(response.headers.get('x-cld-error')).toBe(message);
    expect(await response.json()).toEqual({ error: { message } });
  });
});

describe('what is stored can be changed', () => {
  test('explicit changes tags and folders, adds derivatives, and finds nothing where nothing is', async () => {
    await upload(dataUri(png), { public_id: 'x', tags: 'old' });
    const changed = await context.sdk.uploader.explicit('x', {
      type: 'upload',
      tags: 'new',
      asset_folder: 'moved',
      eager: [{ width: 30, crop: 'limit' }],
    });
    expect(changed).toMatchObject({ public_id: 'x', tags: ['new'], asset_folder: 'moved' });
    expect(changed['eager']).toMatchObject([{ width: 30, height: 20 }]);
    await expect(context.sdk.uploader.explicit('nope', { type: 'upload' })).rejects.toMatchObject({
      http_code: 404,
      message: 'Resource not found - nope',
    });
  });

  test('destroy removes an asset once', async () => {
    const { secure_url: url } = await upload(dataUri(png), { public_id: 'x' });
    expect(await context.sdk.uploader.destroy('x', { invalidate: true })).toEqual({ result: 'ok' });
    expect(await context.sdk.uploader.destroy('x')).toEqual({ result: 'not found' });
    expect((await fetch(url)).status).toBe(404);
  });

  test('rename moves an asset, and not onto another one', async () => {
    await upload(dataUri(png), { public_id: 'a' });
    await upload(dataUri(jpeg), { public_id: 'b' });
    await expect(context.sdk.uploader.rename('a', 'b')).rejects.toMatchObject({
      message: 'to_public_id b already exists',
    });
    const moved = await context.sdk.uploader.rename('a', 'b', { overwrite: true });
    expect(moved).toMatchObject({ public_id: 'b', format: 'png' });
    expect(await bytesOf(await fetch(moved.secure_url))).toEqual(png);
    expect(context.sandbox.cloudinary.assets()).toHaveLength(1);
  });
});
