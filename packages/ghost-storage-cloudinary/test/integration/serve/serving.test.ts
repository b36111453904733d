import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getRaw, picture, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

let site: TestSite;
let jpeg: Buffer;
beforeAll(async () => {
  site = await startTestSite({ sizes: ['w4000', 'h100'] });
  jpeg = await sharp(await picture(0xaa5500, 2000, 1000))
    .jpeg()
    .toBuffer();
  await site.images.save(await site.upload('mid.jpg', jpeg), '2026/11');
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>');
  await site.images.save(await site.upload('logo.svg', svg), '2026/11');
  await site.place('images/2019/01/old.jpg', jpeg);
  await site.place('files/2019/01/page.html', Buffer.from('<script>alert(1)</script>'));
  await site.place('files/2019/01/data.bin', Buffer.from('data'));
  await site.place('files/2019/01/paper.pdf', Buffer.from('%PDF-1.7'));
});
afterAll(() => site[Symbol.asyncDispose]());

const head = (path: string, init: RequestInit = {}) =>
  fetch(`${site.url}/content/${path}`, { redirect: 'manual', ...init });

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What is still referenced. */
function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('an image at Cloudinary', () => {
  test('is redirected to, and browsers may keep that', async () => {
    const response = await head('images/2026/11/mid.jpg');
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(
      `${site.cloudinary.deliveryUrl}/image/upload/v1/ghost/images/2026/11/mid_jpg.jpg`,
    );
    expect(response.headers.get('cache-control')).toBe('public, max-age=86400');
    expect(response.headers.get('content-type')).toBeNull();
    expect(await response.text()).toBe('');
  });

  test.each([
    ['size/w600/2026/11/mid.jpg', { format: 'jpeg', width: 600, height: 300 }],
    ['size/w4000/2026/11/mid.jpg', { format: 'jpeg', width: 2000, height: 1000 }],
    ['size/h100/2026/11/mid.jpg', { format: 'jpeg', width: 200, height: 100 }],
    ['size/w600/format/webp/2026/11/mid.jpg', { format: 'webp', width: 600, height: 300 }],
    ['size/w600/format/avif/2026/11/mid.jpg', { format: 'heif', width: 600, height: 300 }],
    ['size/w256h256/2026/11/mid.jpg', { format: 'jpeg', width: 256, height: 256 }],
    ['size/w64h64/format/png/2026/11/logo.svg', { format: 'png', width: 64, height: 64 }],
  ])('%s is one redirect away', async (path, expected) => {
    const response = await head(`images/${path}`);
    expect(response.status).toBe(302);
    const image = await fetch(response.headers.get('location') ?? '', { redirect: 'error' });
    expect(image.status).toBe(200);
    expect(await sharp(await image.arrayBuffer()).metadata()).toMatchObject(expected);
  });

  test('stays animated in a size of its own', async () => {
    const frames = await Promise.all([1, 2, 3].map((colour) => picture(colour * 80, 400, 200)));
    const animation = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    await site.images.save(await site.upload('dance.gif', animation), '2026/11');
    const image = await fetch(`${site.url}/content/images/size/h100/2026/11/dance.gif`);
    const { format, pages, width } = await sharp(await image.arrayBuffer()).metadata();
    expect({ format, pages, width }).toEqual({ format: 'gif', pages: 3, width: 200 });
  });

  test('that is an icon comes as it was uploaded, and in no size', async () => {
    const icon = Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0, 16, 16]), Buffer.alloc(60)]);
    const url = await site.images.save(await site.upload('favicon.ico', icon), '2026/11');
    const whole = await fetch(site.url + url);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(icon);
    expect((await head('images/size/w256h256/2026/11/favicon.ico')).status).toBe(404);
    expect((await head('images/size/w64h64/format/png/2026/11/favicon.ico')).status).toBe(404);
  });

  test('answers HEAD like GET', async () => {
    const response = await head('images/size/w600/2026/11/mid.jpg', { method: 'HEAD' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toContain('/c_limit,w_600/');
  });

  test('may be kept for as long as the options say', async () => {
    await using other = await startTestSite({ redirectMaxAgeSeconds: 60 });
    const response = await fetch(`${other.url}/content/media/a.mp4`, { redirect: 'manual' });
    expect(response.headers.get('cache-control')).toBe('public, max-age=60');
    expect(response.headers.get('location')).toContain('/video/upload/v1/ghost/media/a_mp4.mp4');
  });
});

describe('what is refused', () => {
  test.each([
    'images/../../../etc/passwd',
    'images/%2e%2e/%2e%2e/etc/passwd',
    'images/size/w600/../../../../etc/passwd',
    'images/..%2f..%2fetc/passwd',
    'images/a%5cb.jpg',
    'images/a%00.jpg',
    'images/a%0d%0aSet-Cookie:x.jpg',
    'images/%zz.jpg',
    'images//evil.example/x.jpg',
    'images/size/w12345/2026/11/mid.jpg',
    'images/size/w600/2026/11/mid',
    'images/size/w600/2026/11/mid.jpg/',
    // What Ghost lets through without a look at its sizes.
    'images/size/w77/2026/11/mid.jpg?/',
    'images/size/w77/2026/11/mid.jpg?a=/b',
    'images/%73ize/w77/2026/11/mid.jpg',
    'images/size/w600,e_art/2026/11/mid.jpg',
    'images/size/w600/format/webp,e_art/2026/11/mid.jpg',
    'images/size/w600/a.ico',
    'images/size/w600/2026/11/logo.svg',
    'images/',
    'images/2026/',
  ])('%s gets a 404 from us', async (path) => {
    const response = await getRaw(site.url, `/content/${path}`);
    expect(response.statusCode).toBe(404);
    expect(response.headers.location).toBeUndefined();
  });

  test('a path that is too long for a public_id gets a 404 from us, and its size does not exist', async () => {
    const longest = `${'a'.repeat(255 - 'ghost/images/_png'.length)}.png`;
    const statusOf = async (path: string) =>
      (await getRaw(site.url, `/content/images/${path}`)).statusCode;
    for (const prefix of ['', 'size/w600/']) {
      expect(await statusOf(prefix + longest)).toBe(302);
      expect(await statusOf(`${prefix}a${longest}`)).toBe(404);
      expect(await statusOf(`${prefix}${'%c3%a9'.repeat(2000)}.png`)).toBe(404);
    }
    await expect(site.images.exists(`/size/w600/a${longest}`)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await expect(site.images.read({ path: `/a${longest}` })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  test('nothing but GET and HEAD is answered', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await head('images/2026/11/mid.jpg', { method })).headers.get('location')).toBeNull();
    }
  });

  test('a name cannot break out of the Location header', async () => {
    const response = await head('images/a%3f%23%25%22%3c%c3%a9%20.jpg');
    const location = response.headers.get('location') ?? '';
    expect(location).toMatch(/\/v1\/ghost\/images\/[\w~.]+\.jpg$/);
  });
});

describe('what a visitor makes up', () => {
  test.each([
    ['paths', (number: number) => `size/w600/${number}${'x'.repeat(15_000)}.jpg`, 404],
    ['queries', (number: number) => `size/w600/${number}.jpg?${'x'.repeat(15_000)}`, 302],
  ])(
    '2,000 requests with %s of 15 kB leave nothing of those in memory',
    async (_what, pathOf, status) => {
      await getRaw(site.url, '/content/images/warm.jpg');
      const before = heapBytes();
      for (let number = 0; number < 2000; number += 1) {
        const response = await getRaw(site.url, `/content/images/${pathOf(number)}`);
        expect(response.statusCode).toBe(status);
      }
      expect(heapBytes() - before).toBeLessThan(5_000_000);
    },
  );
});

describe('a file in the content folder', () => {
  test('is served as Ghost serves it', async () => {
    const response = await head('images/2019/01/old.jpg');
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(jpeg);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'public, max-age=31536000',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      etag: expect.any(String),
      'last-modified': expect.any(String),
    });
  });

  test('in ranges, and not at all when the browser has it', async () => {
    const part = await head('images/2019/01/old.jpg', { headers: { Range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(jpeg.subarray(10, 20));
    const etag = part.headers.get('etag') ?? '';
    const headers = { 'If-None-Match': etag };
    const again = await getRaw(site.url, '/content/images/2019/01/old.jpg', headers);
    expect(again.statusCode).toBe(304);
    const outside = await head('images/2019/01/old.jpg', { headers: { Range: 'bytes=9999999-' } });
    expect(outside.status).toBe(416);
  });

  test.each([
    ['page.html', 'text/plain'],
    ['data.bin', 'application/octet-stream'],
    ['paper.pdf', 'application/pdf'],
  ])('never has a type that a browser would run: %s', async (name, type) => {
    const response = await head(`files/2019/01/${name}`);
    expect(response.headers.get('content-type')).toMatch(new RegExp(`^${type}(;|$)`));
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
