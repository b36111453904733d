import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { picture, sound, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.cloudinary.requests.clear());

describe('save', () => {
  test('stores an image with one call and returns a URL of the site', async () => {
    const bytes = await picture(0x336699);
    const url = await site.images.save(await site.upload('My cat.png', bytes));
    expect(url).toMatch(/^\/content\/images\/\d{4}\/\d\d\/My-cat\.png$/);
    expect(site.calls()).toEqual(['/v1_1/prosora/image/upload']);
    expect(await site.fetchBytes(url)).toEqual(bytes);
    const [asset] = site.cloudinary.assets();
    expect(asset?.public_id).toMatch(/^ghost\/images\/\d{4}\/\d\d\/My-cat_png$/);
  });

  test('keeps files apart that differ only in their extension', async () => {
    const png = await picture(0x111111);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const one = await site.images.save(await site.upload('logo.png', png), 'brand');
    const other = await site.images.save(await site.upload('logo.svg', svg), 'brand');
    expect([one, other]).toEqual([
      '/content/images/brand/logo.png',
      '/content/images/brand/logo.svg',
    ]);
    expect(await site.fetchBytes(one)).toEqual(png);
    expect(await site.fetchBytes(other)).toEqual(svg);
  });

  test('gives other bytes of the same name the next number', async () => {
    const [first, second] = [await picture(1), await picture(2)];
    const one = await site.images.save(await site.upload('same.png', first), 'numbers');
    const other = await site.images.save(await site.upload('same.png', second), 'numbers');
    expect([one, other]).toEqual([
      '/content/images/numbers/same.png',
      '/content/images/numbers/same-1.png',
    ]);
    expect(site.calls()).toHaveLength(2);
    expect(await site.fetchBytes(one)).toEqual(first);
    expect(await site.fetchBytes(other)).toEqual(second);
  });

  test('does so too when another process took the name', async () => {
    const [first, second] = [await picture(3), await picture(4)];
    const one = await site.another().save(await site.upload('race.png', first), 'races');
    const other = await site.another().save(await site.upload('race.png', second), 'races');
    expect(other).toBe('/content/images/races/race-1.png');
    expect(await site.fetchBytes(one)).toEqual(first);
    expect(await site.fetchBytes(other)).toEqual(second);
  });

  test('finds the next number of a name that is there many times with few calls', async () => {
    for (let number = 0; number < 40; number += 1) {
      const upload = await site.upload('image.png', await picture(1000 + number, 16, 16));
      await site.images.save(upload, 'many');
    }
    site.cloudinary.requests.clear();
    const upload = await site.upload('image.png', await picture(2000, 16, 16));
    expect(await site.another().save(upload, 'many')).toBe('/content/images/many/image-40.png');
    expect(site.calls().filter((path) => path.endsWith('/upload'))).toHaveLength(2);
    expect(site.calls().length).toBeLessThan(15);
  });

  test('stores the same bytes under the same name once, whichever process sends them', async () => {
    const bytes = await picture(5);
    const urls = [
      await site.images.save(await site.upload('twice.png', bytes), 'twice'),
      await site.images.save(await site.upload('twice.png', bytes), 'twice'),
      await site.another().save(await site.upload('twice.png', bytes), 'twice'),
    ];
    expect(new Set(urls)).toEqual(new Set(['/content/images/twice/twice.png']));
  });

  test('does not hide a file of the content folder', async () => {
    await site.place('images/old/cat.png', await picture(6));
    const url = await site.images.save(await site.upload('cat.png', await picture(7)), 'old');
    expect(url).toBe('/content/images/old/cat-1.png');
  });

  test('picks the resource type by the file, not by the store', async () => {
    const clip = sound(2000);
    const thumbnail = await picture(8);
    const paper = Buffer.from('%PDF-1.7 …');
    const urls = [
      await site.media.save(await site.upload('talk.wav', clip), '2026/11'),
      await site.media.save(await site.upload('talk_thumb.png', thumbnail), '2026/11'),
      await site.files.save(await site.upload('paper.pdf', paper), '2026/11'),
    ];
    expect(urls).toEqual([
      '/content/media/2026/11/talk.wav',
      '/content/media/2026/11/talk_thumb.png',
      '/content/files/2026/11/paper.pdf',
    ]);
    expect(site.calls().map((path) => path.split('/')[3])).toEqual(['video', 'image', 'raw']);
    for (const [index, bytes] of [clip, thumbnail, paper].entries()) {
      expect(await site.fetchBytes(urls[index] ?? '')).toEqual(bytes);
    }
  });

  test('sends a large file in parts', async () => {
    const bytes = sound(12 * 1024 * 1024);
    const media = site.another({ store: 'media', chunkBytes: 5 * 1024 * 1024 });
    const url = await media.save(await site.upload('long.wav', bytes), 'parts');
    expect(site.calls()).toHaveLength(3);
    expect((await site.fetchBytes(url)).equals(bytes)).toBe(true);
  });

  test('in the folder of a site that is not at the root', async () => {
    const images = site.another({ siteUrl: 'https://example.com/blog/' });
    const url = await images.save(await site.upload('sub.png', await picture(9)), 'sub');
    expect(url).toBe('/blog/content/images/sub/sub.png');
    expect(images.urlToPath(url)).toBe('sub/sub.png');
  });

  test('shows it in the Media Library where it was told to', async () => {
    const images = site.another({ assetFolder: 'Blog', tags: ['ghost', 'blog'] });
    await images.save(await site.upload('tagged.png', await picture(10)), 'tagged');
    const asset = site.cloudinary.assets().find(({ public_id }) => public_id.includes('tagged'));
    expect(asset).toMatchObject({ asset_folder: 'Blog', tags: ['ghost', 'blog'] });
  });
});

test('an import of 100 files has eight of them under way, and none times out while it waits', async () => {
  site.cloudinary.faults.set([{ match: { path: '/upload$' }, fault: { latencyMs: 300 } }]);
  // Ten times what one takes, and less than all of them.
  const patience = { timeoutMs: 3000, deadlineMs: 3000 };
  const stores = (['images', 'media', 'files'] as const).map((store) =>
    site.another({ store, ...patience }),
  );
  let [underWay, most] = [0, 0];
  const count = (change: number) => (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (!request.url?.endsWith('/upload')) return;
    underWay += change;
    most = Math.max(most, underWay);
  };
  const [started, ended] = [count(1), count(-1)];
  subscribe('http.server.request.start', started);
  subscribe('http.server.response.finish', ended);
  try {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const file = await site.upload(`${index}.txt`, Buffer.from(`file ${index}`));
        return stores[index % 3]?.save(file, 'import-of-100');
      }),
    );
  } finally {
    unsubscribe('http.server.request.start', started);
    unsubscribe('http.server.response.finish', ended);
    site.cloudinary.faults.clear();
  }
  expect(most).toBe(8);
});

describe('the second look at a name', () => {
  const heads = (pattern: RegExp) =>
    site.cloudinary.requests.list(pattern).filter(({ method }) => method === 'HEAD').length;
  /** Until the looks that were due before now have begun. */
  const looksAreOver = async (images: TestSite['images']) => {
    await images.save(await site.upload('after.png', await picture(42)), 'look');
    await expect.poll(() => heads(/look\/after/), { timeout: 10_000 }).toBe(1);
  };

  test('leaves alone what this process put there since', async () => {
    const images = site.another();
    const [first, second] = [await picture(40), await picture(41)];
    await images.save(await site.upload('raw.png', first), 'look');
    await images.saveRaw(second, 'look/raw.png');
    await images.save(await site.upload('saved.png', first), 'look');
    await images.delete('saved.png', 'look');
    await images.save(await site.upload('saved.png', second), 'look');
    await looksAreOver(images);
    for (const name of ['raw', 'saved']) {
      expect(await site.fetchBytes(`/content/images/look/${name}.png`)).toEqual(second);
    }
    // That of the second `saved.png`.
    expect(heads(/look\/(raw|saved)/)).toBe(1);
  });
});

describe('the original that Ghost keeps beside each image', () => {
  const saveBoth = async (images: TestSite['images'], name: string) => {
    const url = await images.save(await site.upload(`${name}.png`, await picture(11)), name);
    const original = await site.upload(`${name}_o.png`, await picture(12));
    return [url, await images.save(original, name)];
  };

  test('is stored', async () => {
    expect(await saveBoth(site.another(), 'kept')).toEqual([
      '/content/images/kept/kept.png',
      '/content/images/kept/kept_o.png',
    ]);
    expect(site.calls()).toHaveLength(2);
  });

  test('is not, with originals: skip', async () => {
    expect(await saveBoth(site.another({ originals: 'skip' }), 'skipped')).toEqual([
      '/content/images/skipped/skipped.png',
      '/content/images/skipped/skipped_o.png',
    ]);
    expect(site.calls()).toHaveLength(1);
  });

  test('is stored even so when its image was not', async () => {
    const images = site.another({ originals: 'skip' });
    await images.save(await site.upload('lone_o.png', await picture(13)), 'lone');
    expect(site.calls()).toHaveLength(1);
  });
});

describe('getUniqueFileName', () => {
  test('keeps names for the files that the importer saves later, all at once', async () => {
    const images = site.another();
    await images.save(await site.upload('taken.png', await picture(14)), 'import');
    const dir = join(images.storagePath, 'import');
    const files = await Promise.all(
      [15, 16, 17].map(async (colour) => site.upload('import/taken.png', await picture(colour))),
    );
    const promised = await Promise.all(files.map((file) => images.getUniqueFileName(file, dir)));
    const numbered = [1, 2, 3].map((number) => join(dir, `taken-${number}.png`));
    expect(promised.toSorted()).toEqual(numbered);
    const urls = await Promise.all(files.toReversed().map((file) => images.save(file, dir)));
    expect(urls.toReversed().map((url) => join(images.storagePath, images.urlToPath(url)))).toEqual(
      promised,
    );
  });

  test('answers below the folder it was given, relative or not', async () => {
    const file = await site.upload('a.png', await picture(18));
    expect(await site.media.getUniqueFileName(file, '2020/01')).toBe('2020/01/a.png');
  });
});

describe('saveRaw', () => {
  test('replaces what is there and leaves the query of the path out', async () => {
    const [first, second] = [await picture(19), await picture(20)];
    const url = await site.images.saveRaw(first, 'icon/site.png?v=1');
    expect(url).toBe('/content/images/icon/site.png');
    expect(await site.fetchBytes(url)).toEqual(first);
    await site.images.saveRaw(second, '/icon/site.png');
    expect(await site.fetchBytes(url)).toEqual(second);
  });

  test('sends large bytes in parts', async () => {
    const bytes = sound(12 * 1024 * 1024);
    const media = site.another({ store: 'media', chunkBytes: 5 * 1024 * 1024 });
    const url = await media.saveRaw(bytes, 'parts/raw.wav');
    expect(site.calls()).toHaveLength(3);
    expect((await site.fetchBytes(url)).equals(bytes)).toBe(true);
  });

  test('writes the sizes of a local image beside it, and sends no size to Cloudinary', async () => {
    await site.place('images/2020/01/old.png', await picture(21));
    const size = await picture(22, 60, 40);
    const url = await site.images.saveRaw(size, '/size/w60/2020/01/old.png?v=1');
    expect(url).toBe('/content/images/size/w60/2020/01/old.png');
    expect(await readFile(join(site.contentPath, 'images/size/w60/2020/01/old.png'))).toEqual(size);
    await site.images.saveRaw(size, '/size/w60/2026/11/remote.png');
    expect(site.calls()).toEqual([]);
  });
});
