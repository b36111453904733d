import { basename } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { picture, startTestSite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.cloudinary.reset());

const assetOf = (part: string) =>
  site.cloudinary.assets().find(({ public_id }) => public_id.includes(part));
const save = async (name: string, folder: string, changes: Record<string, unknown>, colour = 1) =>
  site.another(changes).save(await site.upload(name, await picture(colour)), folder);

describe('an account with strict transformations', () => {
  beforeEach(() => site.cloudinary.settings.set({ strictTransformations: true }));

  test('delivers the sizes that were made at the upload', async () => {
    const images = site.another({ eager: ['w600', 'w64h64', 'w600/format/webp'], sizes: ['w600'] });
    await images.save(await site.upload('eager.png', await picture(1)), 'e');
    // Cloudinary makes them in the background.
    for (const size of ['w600', 'w64h64', 'w600/format/webp']) {
      const url = `${site.url}/content/images/size/${size}/e/eager.png`;
      await expect.poll(async () => (await fetch(url)).status, { timeout: 10_000 }).toBe(200);
    }
    const other = await fetch(`${site.url}/content/images/size/w1000/e/eager.png`);
    expect(other.status).toBe(401);
  });

  test('delivers every size to signed URLs, and Ghost reads originals as before', async () => {
    await using signed = await startTestSite({ signedUrls: true });
    signed.cloudinary.settings.set({ strictTransformations: true });
    const bytes = await picture(2);
    const url = await signed.images.save(await signed.upload('signed.png', bytes), 's');
    const size = url.replace('/images/', '/images/size/w600/');
    expect((await fetch(signed.url + size)).status).toBe(200);
    const refused = await fetch(`${signed.url}${size.replace('w600', 'w601')}`);
    expect(refused.status).toBe(404);
    expect(await signed.images.read({ path: 's/signed.png' })).toEqual(bytes);
  });
});

/** What Cloudinary made of an asset at its upload. */
async function derivedOf(name: string): Promise<unknown[]> {
  const { url, cloudName, apiKey, apiSecret } = site.cloudinary;
  const authorization = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
  const path = `/v1_1/${cloudName}/resources/image/upload/ghost/images/v/${name}`;
  const response = await fetch(url + path, { headers: { authorization } });
  const { derived } = (await response.json()) as { derived: unknown[] };
  return derived;
}

test('sizes made at the upload are those of images alone', async () => {
  const eager = ['w600'];
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const file = await site.upload('logo.svg', svg);
  await site.another({ eager }).save(file, 'v');
  await save('photo.png', 'v', { eager });
  // Cloudinary makes them in the background.
  await expect.poll(() => derivedOf('photo_png')).toHaveLength(1);
  expect(await derivedOf('logo_svg')).toEqual([]);
});

test('a named transformation follows every resize', async () => {
  await using named = await startTestSite({ transformation: 't_mine' });
  named.cloudinary.settings.set({ namedTransformations: { mine: 'c_fill,w_30,h_20' } });
  const url = await named.images.save(await named.upload('t.png', await picture(1)), 't');
  const sized = await fetch(named.url + url.replace('/images/', '/images/size/w600/'));
  expect(sized.url).toContain('/image/upload/c_limit,w_600/t_mine/v1/');
  const { width, height } = await sharp(await sized.arrayBuffer()).metadata();
  expect([width, height]).toEqual([30, 20]);
  expect((await fetch(named.url + url)).url).not.toContain('t_mine');
});

describe('the folders of the Media Library', () => {
  test.each([
    [{}, ''],
    [{ assetFolder: 'Blog' }, 'Blog'],
    [{ folderMode: 'dynamic' }, 'ghost/images/f'],
    [{ folderMode: 'dynamic', assetFolder: 'Blog' }, 'Blog/ghost/images/f'],
    [{ folderMode: 'fixed' }, ''],
  ])('with %j', async (changes, expected) => {
    await save('a.png', 'f', changes);
    expect(assetOf('a_png')).toMatchObject({ asset_folder: expected });
  });

  test('of an account with fixed folders are those of the public_id', async () => {
    site.cloudinary.settings.set({ folderMode: 'fixed' });
    await save('a.png', 'f', { folderMode: 'fixed' });
    expect(assetOf('a_png')).toMatchObject({ folder: 'ghost/images/f' });
  });
});

describe('absolute URLs', () => {
  const delivery = 'absolute';

  test.each([
    ['a.png', '/image/upload/q_auto/v1/ghost/images/f/a_png.png'],
    ['a.gif', '/image/upload/v1/ghost/images/f/a_gif.gif'],
    ['a.svg', '/image/upload/v1/ghost/images/f/a_svg.svg'],
  ])('of %s', async (name, expected) => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const bytes = name.endsWith('.svg')
      ? svg
      : await sharp(await picture(1))
          .toFormat(name.endsWith('.gif') ? 'gif' : 'png')
          .toBuffer();
    const images = site.another({ delivery });
    const url = await images.save(await site.upload(name, bytes), 'f');
    expect(url.slice(site.cloudinary.deliveryUrl.length)).toBe(expected);
    expect(images.urlToPath(url)).toBe(`f/${name}`);
    expect(await images.exists(name, 'f')).toBe(true);
  });
});

describe('names by hash', () => {
  const naming = 'hash';

  test('are the same for the same bytes, and kept when they have theirs already', async () => {
    const one = await save('cat.png', 'h', { naming });
    const other = await save('cat.png', 'h', { naming });
    expect(one).toMatch(/^\/content\/images\/h\/cat-[0-9a-f]{16}\.png$/);
    expect(other).toBe(one);
    const again = await save(one.split('/').at(-1) ?? '', 'h', { naming });
    expect(again).toBe(one);
    expect(site.cloudinary.assets()).toHaveLength(1);
  });

  test('keep the name of an image for its original, by which Ghost looks for it', async () => {
    const images = site.another({ naming });
    const url = await images.save(await site.upload('cat.png', await picture(1)), 'h');
    const name = url.split('/').at(-1)?.replace('.png', '_o.png') ?? '';
    const original = await images.save(await site.upload(name, await picture(2)), 'h');
    expect(original).toBe(url.replace('.png', '_o.png'));
  });

  test('are promised to the importer, and to the inliner that has no file yet', async () => {
    const images = site.another({ naming });
    const file = await site.upload('cat.png', await picture(3));
    const promised = await images.getUniqueFileName(file, '2020/01');
    expect(`/content/images/${promised}`).toBe(await images.save(file, '2020/01'));
    const inlined = await images.getUniqueFileName({ name: 'dog.png' } as never, '2020/01');
    expect(inlined).toMatch(/^2020\/01\/dog-[0-9a-f]{16}\.png$/);
  });

  test.each(['the same process', 'another'])(
    'are promised to one import alone, since a failed one deletes what it saved: to %s',
    async (who) => {
      const images = site.another({ naming });
      const bytes = await picture(4);
      const first = await images.save(await site.upload('cat.png', bytes), 'i');
      const importing = who === 'another' ? site.another({ naming }) : images;
      const file = await site.upload('cat.png', bytes);
      const promised = await importing.getUniqueFileName(file, 'i');
      const second = await importing.save(file, 'i');
      expect(second).toBe(`/content/images/${promised}`);
      await importing.delete(basename(second), 'i');
      expect(await site.another().exists(basename(first), 'i')).toBe(true);
    },
  );

  test('give an original of other bytes a hash of its own, when its image is there already', async () => {
    const name = basename(await save('cat.png', 'o', { naming }));
    const images = site.another({ naming });
    await images.save(await site.upload('cat.png', await picture(1)), 'o');
    const originals = [];
    for (const colour of [2, 3]) {
      const file = await site.upload(name.replace('.png', '_o.png'), await picture(colour));
      originals.push(await images.save(file, 'o'));
    }
    expect(basename(originals[0] ?? '')).toBe(name.replace('.png', '_o.png'));
    expect(originals[1]).toMatch(/_o-[0-9a-f]{16}\.png$/);
  });
});
