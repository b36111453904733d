import sharp from 'sharp';
import { expect, test } from 'vitest';
import { POSTS } from '../src/blog.ts';
import { paint } from '../src/picture.ts';

const [first, second] = POSTS.flatMap(({ scenes }) => scenes);

test('a scene is a JPEG larger than every size that Ghost asks for, the same each time', async () => {
  if (!first || !second) throw new Error('The blog has no pictures.');
  const bytes = await paint(first);
  expect(await sharp(bytes).metadata()).toMatchObject({
    format: 'jpeg',
    width: 2400,
    height: 1600,
  });
  expect(await paint(first)).toEqual(bytes);
  expect(await paint(second)).not.toEqual(bytes);
});

test('every post has its own address and its own pictures', () => {
  const seeds = POSTS.flatMap(({ scenes }) => scenes.map(({ seed }) => seed));
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(new Set(POSTS.map(({ slug }) => slug)).size).toBe(8);
});
