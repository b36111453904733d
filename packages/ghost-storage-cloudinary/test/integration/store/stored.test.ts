import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { picture, startTestSite, type TestSite } from '../../fixtures/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.cloudinary.requests.clear());

describe('exists, read and delete', () => {
  test('follow what is stored', async () => {
    const bytes = await picture(23);
    await site.another().save(await site.upload('life.png', bytes), 'life');
    expect(await site.images.exists('life.png', 'life')).toBe(true);
    expect(await site.images.exists('death.png', 'life')).toBe(false);
    expect(await site.images.read({ path: '/life/life.png' })).toEqual(bytes);
    await site.images.delete('life.png', 'life');
    expect(await site.images.exists('life.png', 'life')).toBe(false);
    await expect(site.images.read({ path: 'life/life.png' })).rejects.toMatchObject({
      errorType: 'NotFoundError',
      statusCode: 404,
    });
    await expect(site.images.delete('life.png', 'life')).resolves.toBeUndefined();
  });

  test('a deleted name can be used again', async () => {
    await site.media.save(await site.upload('v_thumb.png', await picture(24)), 'again');
    await site.media.delete('v_thumb.png', 'again');
    const bytes = await picture(25);
    const url = await site.media.save(await site.upload('v_thumb.png', bytes), 'again');
    expect(url).toBe('/content/media/again/v_thumb.png');
    expect(await site.fetchBytes(url)).toEqual(bytes);
  });

  test('use the content folder first', async () => {
    const bytes = await picture(26);
    await site.place('images/local/only.png', bytes);
    expect(await site.images.exists('/local/only.png')).toBe(true);
    expect(await site.images.read({ path: '/local/only.png' })).toEqual(bytes);
    expect(site.calls()).toEqual([]);
    await site.images.delete('only.png', 'local');
    expect(await site.images.exists('only.png', 'local')).toBe(false);
  });

  test('a size of an image at Cloudinary is there without a call', async () => {
    expect(await site.images.exists('/size/w600/2026/11/any.jpg?v=1')).toBe(true);
    expect(await site.images.exists('/size/w256h256/format/png/2026/11/any.svg')).toBe(true);
    expect(site.calls()).toEqual([]);
  });

  test('a size of a local image is there once Ghost has made it', async () => {
    await site.place(
      'images/2019/01/old.jpg',
      await sharp(await picture(27))
        .jpeg()
        .toBuffer(),
    );
    expect(await site.images.exists('/size/w600/2019/01/old.jpg')).toBe(false);
    // Ghost looks for a better original next; that is not worth a call.
    expect(await site.images.exists('/2019/01/old_o.jpg')).toBe(false);
    await site.images.saveRaw(Buffer.from('sized'), '/size/w600/2019/01/old.jpg');
    expect(await site.images.exists('/size/w600/2019/01/old.jpg')).toBe(true);
    expect(site.calls()).toEqual([]);
  });

  test.each([
    '/size/w600/a.pdf',
    '/size/w99999/a.jpg',
    '/size/w600/../../a.jpg',
    '/size/w600/a%2f.jpg',
  ])('the size %s is for serve() to refuse', async (path) => {
    await expect(site.images.exists(path)).rejects.toMatchObject({ errorType: 'NotFoundError' });
    expect(site.calls()).toEqual([]);
  });
});
