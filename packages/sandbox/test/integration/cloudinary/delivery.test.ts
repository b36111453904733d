import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  bytesOf,
  dataUri,
  mp4,
  pixelAt,
  redAndBlue,
  refusalOf,
  type SandboxWithSdk,
  startWithSdk,
} from '../../fixtures/cloudinary-with-sdk.ts';

const RED = [255, 0, 0];
const BLUE = [0, 0, 255];

let context: SandboxWithSdk;
let png: Buffer;

beforeAll(async () => {
  context = await startWithSdk();
  png = await redAndBlue(1200, 800);
});
beforeEach(async () => {
  await context.sandbox.reset();
  await context.sdk.uploader.upload(dataUri(png), { public_id: 'a/b' });
});
afterAll(() => context[Symbol.asyncDispose]());

async function derived(path: string, headers: Record<string, string> = {}) {
  const response = await context.get(path, { headers });
  const bytes = await bytesOf(response);
  const error = response.headers.get('x-cld-error');
  expect(`${response.status} ${error ?? ''}`).toBe('200 ');
  const { width, height, format, compression, pages } = await sharp(bytes).metadata();
  return { bytes, response, width, height, pages, format: compression === 'av1' ? 'avif' : format };
}

describe('sizes', () => {
  test.each([
    ['c_limit,w_600', 600, 400],
    ['c_limit,w_5000', 1200, 800],
    ['c_limit,h_200,w_600', 300, 200],
    ['c_fit,w_2400', 2400, 1600],
    ['c_scale,h_100,w_100', 100, 100],
    ['w_300', 300, 200],
    ['w_0.5', 600, 400],
    ['c_fill,h_256,w_256', 256, 256],
    ['c_fill,h_2000,w_2000', 2000, 2000],
    ['c_lfill,h_256,w_256', 256, 256],
    ['c_lfill,h_2000,w_2000', 1200, 800],
    ['c_lfill,g_auto,h_100,w_50', 50, 100],
    ['a_90', 800, 1200],
    ['c_scale,w_600/c_fill,h_100,w_100', 100, 100],
  ])('%s makes %d × %d', async (transformation, width, height) => {
    const image = await derived(`/image/upload/${transformation}/v1/a/b.png`);
    expect(image).toMatchObject({ width, height, format: 'png' });
  });

  test('what is kept of a cropped picture is what gravity says', async () => {
    const at = async (gravity: string) => {
      const path = `/image/upload/c_fill,g_${gravity},h_100,w_20/v1/a/b.png`;
      const { bytes } = await derived(path);
      return [await pixelAt(bytes, 2, 50), await pixelAt(bytes, 17, 50)];
    };
    expect(await at('west')).toEqual([RED, RED]);
    expect(await at('east')).toEqual([BLUE, BLUE]);
    expect(await at('center')).toEqual([RED, BLUE]);
  });

  test('pictures come upright, as their camera held them', async () => {
    const turned = await sharp(await redAndBlue(400, 200, 'jpeg'))
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const uploaded = await context.sdk.uploader.upload(dataUri(turned), { public_id: 'turned' });
    expect(uploaded).toMatchObject({ width: 200, height: 400 });
    const image = await derived('/image/upload/c_limit,w_100/turned.png');
    expect(image).toMatchObject({ width: 100, height: 200 });
    const [red, , blue] = await pixelAt(image.bytes, 50, 10);
    expect(red).toBeGreaterThan(200);
    expect(blue).toBeLessThan(50);
  });
});

describe('formats', () => {
  test.each([
    ['c_limit,w_600/f_webp', 'png', 'webp'],
    ['f_avif', 'png', 'avif'],
    ['f_jpg', 'png', 'jpeg'],
    ['', 'jpg', 'jpeg'],
    ['', 'webp', 'webp'],
    ['c_limit,w_100', 'gif', 'gif'],
  ])('%s of b.%s is %s', async (transformation, extension, format) => {
    const parts = ['/image/upload', transformation, `v1/a/b.${extension}`];
    const image = await derived(parts.filter(Boolean).join('/'));
    expect(image.format).toBe(format);
    const mediaType = `image/${format}`;
    expect(image.response.headers.get('content-type')).toBe(mediaType);
  });

  test('f_auto follows the Accept header and says so', async () => {
    const path = '/image/upload/f_auto,q_auto/v1/a/b';
    const formatFor = async (accept: string) => (await derived(path, { accept })).format;
    expect(await formatFor('image/avif,image/webp,*/*')).toBe('avif');
    expect(await formatFor('image/webp,*/*')).toBe('webp');
    expect(await formatFor('*/*')).toBe('png');
    expect((await context.get(path)).headers.get('vary')).toBe('Accept');
  });

  test('a lower quality makes a smaller file', async () => {
    const noise = await sharp({
      create: {
        width: 200,
        height: 200,
        channels: 3,
        background: 'grey',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    })
      .png()
      .toBuffer();
    await context.sdk.uploader.upload(dataUri(noise), { public_id: 'noise' });
    const [low, high] = [
      await derived('/image/upload/q_10/noise.jpg'),
      await derived('/image/upload/q_90/noise.jpg'),
    ];
    expect(low.bytes.length).toBeLessThan(high.bytes.length / 2);
  });

  test('a named transformation is the one that the account defines', async () => {
    context.sandbox.cloudinary.settings.set({ namedTransformations: { small: 'c_limit,w_40' } });
    expect(await derived('/image/upload/t_small/v1/a/b.png')).toMatchObject({ width: 40 });
  });

  test('moving pictures keep moving where the format can', async () => {
    const frames = [
      await redAndBlue(40, 20),
      await redAndBlue(20, 20).then((half) =>
        sharp(half).resize(40, 20, { fit: 'fill' }).flop().png().toBuffer(),
      ),
    ];
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { pages } = await context.sdk.uploader.upload(dataUri(gif, 'image/gif'), {
      public_id: 'moving',
    });
    expect(pages).toBe(2);
    expect(await derived('/image/upload/c_limit,w_20/f_webp/moving.gif')).toMatchObject({
      width: 20,
      pages: 2,
    });
    expect(await derived('/image/upload/w_30/w_10/moving.gif')).toMatchObject({
      width: 10,
      pages: 2,
    });
    expect((await derived('/image/upload/f_jpg/moving.gif')).pages ?? 1).toBe(1);
  });

  test('a vector is drawn at a size, or delivered as it is', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"/>');
    await context.sdk.uploader.upload(dataUri(svg, 'image/svg+xml'), { public_id: 'logo.svg' });
    expect(await derived('/image/upload/c_limit,w_45/f_png/logo.svg.svg')).toMatchObject({
      format: 'png',
      width: 45,
    });
    const original = await context.get('/image/upload/f_auto,q_auto/logo.svg.svg', {
      headers: { accept: 'image/avif' },
    });
    expect(original.headers.get('content-type')).toBe('image/svg+xml');
    expect(await bytesOf(original)).toEqual(svg);
  });

  test('an icon is delivered as it is and says that it cannot be drawn', async () => {
    const ico = Buffer.from([0, 0, 1, 0, 1, 0, 16, 32, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 22, 0, 0, 0]);
    const stored = await context.sdk.uploader.upload(dataUri(ico), { public_id: 'fav.ico' });
    expect(stored).toMatchObject({ format: 'ico', width: 16, height: 32 });
    expect(await bytesOf(await context.get('/image/upload/fav.ico.ico'))).toEqual(ico);
    expect(await refusalOf(await context.get('/image/upload/w_8/fav.ico.ico'))).toBe(
      '400 The sandbox does not implement a transformation from ico to ico',
    );
  });
});

describe('HTTP', () => {
  test('originals and derived images can be cached, checked and embedded', async () => {
    for (const path of ['/image/upload/v1/a/b.png', '/image/upload/w_10/v1/a/b.png']) {
      const { headers } = await context.get(path);
      expect(headers.get('cache-control')).toBe('public, no-transform, immutable, max-age=2592000');
      expect(headers.get('access-control-allow-origin')).toBe('*');
      const etag = headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
      const again = await context.get(path, {
        // Left to itself, fetch adds `no-cache` to a conditional request.
        headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
      });
      expect(again.status).toBe(304);
    }
  });

  test('HEAD has the headers of GET and no body', async () => {
    const head = await context.get('/image/upload/v1/a/b.png', { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(png.length));
    expect((await bytesOf(head)).length).toBe(0);
  });

  test('videos and raw files are sent in ranges', async () => {
    const video = mp4(10_000);
    for (const type of ['video', 'raw'] as const) {
      const { secure_url: url } = await context.sdk.uploader.upload(dataUri(video, 'video/mp4'), {
        resource_type: type,
        public_id: type === 'raw' ? 'clip.mp4' : 'clip',
      });
      const part = await fetch(url, { headers: { range: 'bytes=100-199' } });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe('bytes 100-199/10000');
      expect(part.headers.get('content-type')).toBe('video/mp4');
      expect(await bytesOf(part)).toEqual(video.subarray(100, 200));
      const beyond = await fetch(url, { headers: { range: 'bytes=20000-' } });
      expect(beyond.status).toBe(416);
    }
  });

  test('fl_attachment makes a download of any kind of file', async () => {
    const raw = { resource_type: 'raw' as const, public_id: 'report.txt' };
    await context.sdk.uploader.upload(dataUri(Buffer.from('x')), raw);
    const dispositionOf = async (path: string) =>
      (await context.get(path)).headers.get('content-disposition');
    expect(await dispositionOf('/raw/upload/fl_attachment/report.txt')).toBe(
      'attachment; filename="report.txt"',
    );
    expect(await dispositionOf('/image/upload/fl_attachment:logo/v1/a/b.png')).toBe(
      'attachment; filename="logo.png"',
    );
  });
});
