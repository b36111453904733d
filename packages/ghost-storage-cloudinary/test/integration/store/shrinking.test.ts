import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShrink } from '../../../src/store/shrink.ts';
import { openSourceFile } from '../../../src/store/source-file.ts';
import { noise, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const limits = { imageMaxBytes: 100_000, imageMaxPixels: 2_000_000 };
const shrink = createShrink({ shrink: true, ...limits, loadSharp: () => sharp });

async function shrunk(name: string, bytes: Buffer, step = shrink): Promise<Buffer> {
  const file = await site.upload(name, bytes);
  const { bytes: smaller, md5 } = await step(file, await openSourceFile(file.path));
  expect(md5).toMatch(/^[0-9a-f]{32}$/);
  // As large as it was: it stays on disk.
  if (smaller.pieces) return readFile(file.path);
  const blob = await smaller.slice(0, smaller.size);
  return Buffer.from(await blob.arrayBuffer());
}

describe('an image over the limit', () => {
  test('comes under it upright, with its colour profile and without its location', async () => {
    const photo = await noise(800, 500)
      .withIccProfile('p3')
      .withExifMerge({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '54/1 1/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    expect(photo.includes('GPS') || (await sharp(photo).metadata()).exif).toBeTruthy();
    const smaller = await shrunk('photo.jpg', photo);
    expect(smaller.length).toBeLessThanOrEqual(limits.imageMaxBytes);
    const { format, width, height, orientation, icc, exif } = await sharp(smaller).metadata();
    expect({ format, orientation, exif }).toEqual({
      format: 'jpeg',
      orientation: undefined,
      exif: undefined,
    });
    expect(icc).toBeDefined();
    // It lay on its side before.
    expect(height).toBeGreaterThan(width);
  });

  test.each(['png', 'webp', 'gif', 'tiff'] as const)('keeps its format: %s', async (format) => {
    const image = await noise(200, 160).toFormat(format).toBuffer();
    const small = createShrink({
      shrink: true,
      ...limits,
      imageMaxBytes: 12_000,
      loadSharp: () => sharp,
    });
    const smaller = await shrunk(`a.${format}`, image, small);
    expect(smaller.length).toBeLessThanOrEqual(12_000);
    expect((await sharp(smaller).metadata()).format).toBe(format);
  });

  test.each(['gif', 'webp'] as const)('stays animated: %s', async (format) => {
    const frames = await Promise.all([1, 2, 3].map(() => noise(200, 200).png().toBuffer()));
    const animation = await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    const small = createShrink({
      shrink: true,
      ...limits,
      imageMaxBytes: 40_000,
      loadSharp: () => sharp,
    });
    const smaller = await shrunk(`a.${format}`, animation, small);
    expect(smaller.length).toBeLessThanOrEqual(40_000);
    expect((await sharp(smaller).metadata()).pages).toBe(3);
  });

  test('of pixels comes under that too', async () => {
    const large = await sharp({
      create: { width: 3000, height: 1000, channels: 3, background: 'navy' },
    })
      .png()
      .toBuffer();
    const { width, height } = await sharp(await shrunk('large.png', large)).metadata();
    expect(width * height).toBeLessThanOrEqual(limits.imageMaxPixels);
    expect(width / height).toBeCloseTo(3, 1);
  });

  test.each([
    ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['icon.ico', '\0\0\x01\0'],
    ['broken.png', 'no picture'],
  ])('that cannot be made smaller is refused with a sentence: %s', async (name, head) => {
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(200_000)]);
    await expect(shrunk(name, bytes)).rejects.toMatchObject({
      code: 'IMAGE_CANNOT_SHRINK',
      statusCode: 413,
      message: expect.stringContaining(`${name} is over the limit of your Cloudinary plan`),
    });
  });

  test('is refused where Ghost has no sharp', async () => {
    const without = createShrink({ shrink: true, ...limits, loadSharp: () => undefined });
    const image = await noise(600, 600).png().toBuffer();
    await expect(shrunk('a.png', image, without)).rejects.toThrow(/sharp is missing/);
  });
});

describe('what stays as it is', () => {
  test('an image under the limit, to the byte', async () => {
    const image = await noise(100, 100).png().toBuffer();
    expect(await shrunk('a.png', image)).toEqual(image);
  });

  test.each(['a.pdf', 'photo.heic'])('a file that is no image to Ghost: %s', async (name) => {
    const bytes = Buffer.alloc(200_000, 7);
    expect(await shrunk(name, bytes)).toEqual(bytes);
  });

  test('anything, unless it is asked for', async () => {
    const image = await noise(600, 600).png().toBuffer();
    expect(await shrunk('a.png', image, createShrink({ shrink: false, ...limits }))).toEqual(image);
  });
});
