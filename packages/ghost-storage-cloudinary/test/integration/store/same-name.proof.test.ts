import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { spawnUploader, type Uploader } from '../../fixtures/other-process.ts';
import { picture, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

const { soak } = inject('proof');
const FILES = soak ? 500 : 20;

let site: TestSite;
let uploaders: Uploader[];
beforeEach(async () => {
  site = await startTestSite();
  uploaders = [];
});
afterEach(async () => {
  await Promise.all(uploaders.map((uploader) => uploader[Symbol.asyncDispose]()));
  await site[Symbol.asyncDispose]();
});

/** Uploads as many different pictures as asked for, all at once and all called `image.png`. */
async function crowd(files: number, processes: number, config: Record<string, unknown> = {}) {
  for (let started = 0; started < processes; started += 1) {
    uploaders.push(await spawnUploader(site.configOf(config)));
  }
  const pictures = await Promise.all(
    Array.from({ length: files }, (_, index) => picture(index + 1, 32, 32)),
  );
  const urls = await Promise.all(
    pictures.map(async (bytes, index) => {
      const { path } = await site.upload('image.png', bytes);
      return uploaders[index % processes]?.save({ name: 'image.png', path }, 'crowd');
    }),
  );
  return { pictures, urls };
}

async function expectRightBytes({ pictures, urls }: Awaited<ReturnType<typeof crowd>>) {
  expect(new Set(urls).size).toBe(pictures.length);
  for (const [index, url] of urls.entries()) {
    const delivered = await fetch(site.url + url);
    expect(Buffer.from(await delivered.arrayBuffer())).toEqual(pictures[index]);
  }
}

describe(`${FILES} different files of one name, uploaded at once`, () => {
  test.each([1, 2])('get as many URLs with the right bytes from %i processes', async (count) => {
    await expectRightBytes(await crowd(FILES, count));
  });

  test('are named by their hash with one call each', async () => {
    const uploaded = await crowd(FILES, 2, { naming: 'hash' });
    expect(site.cloudinary.requests.list(/^\/v1_1\//)).toHaveLength(FILES);
    for (const url of uploaded.urls) expect(url).toMatch(/\/image-[0-9a-f]{16}\.png$/);
    await expectRightBytes(uploaded);
  });
});

describe('where overwrite=false is not atomic', () => {
  beforeEach(() => site.cloudinary.settings.set({ overwriteNotAtomic: true }));

  test('what two processes lose to each other is found out and stored again', async () => {
    const uploaded = await crowd(20, 2);
    await expectRightBytes(uploaded);
    const uploads = site.cloudinary.requests.list(/\/upload$/);
    // Otherwise no two of them met, and nothing was shown.
    expect(uploads.length).toBeGreaterThan(20);
  });

  test('names by hash lose nothing', async () => {
    await expectRightBytes(await crowd(20, 2, { naming: 'hash' }));
    expect(site.cloudinary.requests.list(/\/upload$/)).toHaveLength(20);
  });
});
