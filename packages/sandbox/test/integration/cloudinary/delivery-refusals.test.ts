import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  dataUri,
  mp4,
  redAndBlue,
  refusalOf,
  type SandboxWithSdk,
  startWithSdk,
} from '../../fixtures/cloudinary-with-sdk.ts';

let context: SandboxWithSdk;
let png: Buffer;
let now = Date.now();

beforeAll(async () => {
  context = await startWithSdk({ now: () => now });
  png = await redAndBlue(1200, 800);
});
beforeEach(async () => {
  now = Date.now();
  await context.sandbox.reset();
  await context.sdk.uploader.upload(dataUri(png), { public_id: 'a/b' });
});
afterAll(() => context[Symbol.asyncDispose]());

const refused = async (path: string) => refusalOf(await context.get(path));

describe('refusals', () => {
  test.each([
    ['/image/upload/v1/nope.png', '404 Resource not found - nope'],
    ['/video/upload/v1/a/b.mp4', '404 Resource not found - a/b'],
    ['/image/upload/w_abc/v1/a/b.png', '400 Invalid width in transformation: abc'],
    ['/image/upload/ab_cd/v1/a/b.png', '400 Invalid transformation component - ab_cd'],
    ['/image/upload/t_none/v1/a/b.png', '400 Unknown transformation none'],
    ['/image/upload/v1/a/%ff.png', '400 Invalid URL: a/%ff.png'],
    ['/image/upload/w_%/v1/a/b.png', '400 Invalid URL: w_%'],
    ['/image/private/v1/a/b.png', '404 Resource not found'],
  ])('%s answers %s', async (path, answer) => {
    expect(await refused(path)).toBe(answer);
  });

  test('a still of a video is refused, since the sandbox cannot decode video', async () => {
    await context.sdk.uploader.upload(dataUri(mp4(1000)), {
      resource_type: 'video',
      public_id: 'clip',
    });
    expect(await refused('/video/upload/so_auto/clip.jpg')).toBe(
      '400 The sandbox does not implement so_auto of a video',
    );
    for (const path of ['w_100/clip.mp4', 'so_2/clip.mp4', 'clip.webm']) {
      expect(await refused(`/video/upload/${path}`)).toMatch(/^400 The sandbox does not implement/);
    }
  });

  test('an image that is damaged beyond its head is refused when it is drawn', async () => {
    const damaged = png.subarray(0, png.length / 2);
    await context.sdk.uploader.upload(dataUri(damaged), { public_id: 'damaged' });
    expect(await refused('/image/upload/w_10/damaged.png')).toMatch(/^400 Invalid image file: /);
  });

  test('an image of too many pixels is served but not derived from', async () => {
    context.sandbox.cloudinary.settings.set({ imageMaxPixels: 500_000 });
    expect((await context.get('/image/upload/v1/a/b.png')).status).toBe(200);
    expect(await refused('/image/upload/w_10/v1/a/b.png')).toBe(
      '400 Maximum image size is 0.5 Megapixels. Requested 1.0 Megapixels',
    );
  });

  test('PDF and ZIP files are held back when the account says so', async () => {
    const options = { resource_type: 'raw' as const, public_id: 'x.zip' };
    await context.sdk.uploader.upload(dataUri(Buffer.from('PK')), options);
    expect((await context.get('/raw/upload/x.zip')).status).toBe(200);
    context.sandbox.cloudinary.settings.set({ deliverPdfAndZip: false });
    expect(await refused('/raw/upload/x.zip')).toBe('401 deny or ACL failure');
  });

  test('with negative caching a 404 outlives the upload that would end it', async () => {
    context.sandbox.cloudinary.settings.set({ negativeCaching: true });
    expect(await refused('/image/upload/late.png')).toBe('404 Resource not found - late');
    await context.sdk.uploader.upload(dataUri(png), { public_id: 'late' });
    expect(await refused('/image/upload/late.png')).toBe('404 Resource not found - late');
    expect((await context.get('/image/upload/v2/late.png')).status).toBe(200);
    now += 60_001;
    expect((await context.get('/image/upload/late.png')).status).toBe(200);
  });
});

describe('signed delivery', () => {
  const options = { width: 60, crop: 'limit', format: 'png' };

  test('authenticated assets need a signature that covers what is asked for', async () => {
    const uploaded = await context.sdk.uploader.upload(dataUri(png), {
      public_id: 'a/secret',
      type: 'authenticated',
    });
    expect((await fetch(uploaded.secure_url)).status).toBe(200);
    const signed = context.urlOf('a/secret', { ...options, type: 'authenticated', sign_url: true });
    expect((await fetch(signed)).status).toBe(200);
    expect((await fetch(signed.replace('w_60', 'w_61'))).status).toBe(401);
    expect((await fetch(signed.replace(/s--.+?--\//, ''))).status).toBe(401);
    expect(await refused('/image/authenticated/v1/a/secret.png')).toBe('401 deny or ACL failure');
    expect(await refused('/image/upload/v1/a/secret.png')).toBe(
      '404 Resource not found - a/secret',
    );
  });

  test('strict transformations allow what is signed, named or eager', async () => {
    context.sandbox.cloudinary.settings.set({
      strictTransformations: true,
      namedTransformations: { small: 'c_limit,w_40' },
    });
    const status = async (url: string) => (await fetch(url)).status;
    expect(await refused('/image/upload/c_limit,w_60/v1/a/b.png')).toBe(
      '401 Transformation c_limit,w_60/png is not allowed',
    );
    expect(await status(context.urlOf('a/b', { format: 'png' }))).toBe(200);
    expect(await status(context.urlOf('a/b', { ...options, sign_url: true }))).toBe(200);
    const long = { sign_url: true, long_url_signature: true };
    expect(await status(context.urlOf('a/b', { ...options, ...long }))).toBe(200);
    expect((await context.get('/image/upload/t_small/v1/a/b.png')).status).toBe(200);
    await context.sdk.uploader.explicit('a/b', {
      type: 'upload',
      eager: [{ width: 60, crop: 'limit' }],
    });
    expect(await status(context.urlOf('a/b', options))).toBe(200);
  });

  test('an account set to sha256 signs short URLs with it', async () => {
    context.sandbox.cloudinary.settings.set({ signatureAlgorithm: 'sha256' });
    const sign = { ...options, sign_url: true };
    expect((await fetch(context.urlOf('a/b', sign))).status).toBe(401);
    const url = context.urlOf('a/b', { ...sign, signature_algorithm: 'sha256' });
    expect((await fetch(url)).status).toBe(200);
  });
});
