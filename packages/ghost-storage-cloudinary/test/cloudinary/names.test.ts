import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNames } from '../../src/cloudinary/names.ts';
import type { ResourceType } from '../../src/cloudinary/resource-type.ts';

const names = createNames('ghost', 'images');

const segment = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((text) => !text.includes('/') && text !== '.' && text !== '..');
const extension = fc.constantFrom('', '.png', '.JPG', '.jpeg', '.svg', '.mp4', '.pdf', '.x', '.');
const path = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), extension)
  .map(([segments, ending]) => segments.join('/') + ending)
  .filter((text) => !/(^|\/)\.{1,2}$/.test(text));

describe('paths and public_ids', () => {
  test('a path comes back from its public_id', () => {
    fc.assert(
      fc.property(path, (original) => {
        const { publicId, resourceType } = names.assetOf(original);
        expect(names.pathOf(publicId, resourceType)).toBe(original);
      }),
    );
  });

  test('two paths never share an asset', () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        fc.pre(a !== b);
        const [one, other] = [names.assetOf(a), names.assetOf(b)];
        expect(`${one.resourceType} ${one.publicId}`).not.toBe(
          `${other.resourceType} ${other.publicId}`,
        );
      }),
    );
  });

  test('a public_id holds nothing that Cloudinary refuses and no segment it takes for a version', () => {
    fc.assert(
      fc.property(path, (original) => {
        const { publicId } = names.assetOf(original);
        expect(publicId).toMatch(/^ghost\/images\/[\w.@~/-]+$/);
        expect(publicId.split('/').some((part) => /^v\d+$/.test(part))).toBe(false);
      }),
    );
  });

  test('a public_id has at most one path', () => {
    const id = fc.string({ unit: fc.constantFrom(...'av1_~7e/.png') });
    const types = fc.constantFrom<ResourceType>('image', 'video', 'raw');
    fc.assert(
      fc.property(id, types, (text, resourceType) => {
        const original = names.pathOf(`ghost/images/${text}`, resourceType);
        fc.pre(original !== undefined);
        expect(names.assetOf(original ?? '').publicId).toBe(`ghost/images/${text}`);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['2026/11/logo.svg', 'ghost/images/2026/11/logo_svg', 'image', 'svg'],
    ['2026/11/logo.png', 'ghost/images/2026/11/logo_png', 'image', 'png'],
    ['2026/11/Photo.JPEG', 'ghost/images/2026/11/Photo_JPEG', 'image', 'jpg'],
    ['2026/11/clip.mp4', 'ghost/images/2026/11/clip_mp4', 'video', 'mp4'],
    ['2026/11/song.mp3', 'ghost/images/2026/11/song_mp3', 'video', 'mp3'],
    ['2026/11/paper.pdf', 'ghost/images/2026/11/paper.pdf', 'raw', undefined],
    ['2026/11/photo.heic', 'ghost/images/2026/11/photo.heic', 'raw', undefined],
    ['v12/100%.png', 'ghost/images/~7612/100~25_png', 'image', 'png'],
    ['ü b.png', 'ghost/images/~c3~bc~20b_png', 'image', 'png'],
  ])('%s is stored as %s', (original, publicId, resourceType, format) => {
    expect(names.assetOf(original)).toEqual({ publicId, resourceType, format });
  });

  test('what another folder holds has no path here', () => {
    expect(names.pathOf('ghost/media/2026/11/logo_png', 'image')).toBeUndefined();
    expect(names.pathOf('ghost/images/2026/11/logo', 'image')).toBeUndefined();
    expect(names.pathOf('ghost/images/2026/11/logo_png', 'video')).toBeUndefined();
  });
});

describe('the length of a path', () => {
  test('is right when its public_id has 255 characters, and not with one more', () => {
    const longest = `${'a'.repeat(255 - 'ghost/images/_png'.length)}.png`;
    expect(names.assetOf(longest).publicId).toHaveLength(255);
    expect([names.canHold(longest), names.canHold(`a${longest}`)]).toEqual([true, false]);
  });

  test('counts what a character becomes in a public_id', () => {
    expect([names.canHold('é'.repeat(40)), names.canHold('é'.repeat(41))]).toEqual([true, false]);
  });
});
