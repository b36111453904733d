import { expect, test } from 'vitest';
import {
  gallery,
  heading,
  html,
  image,
  lexicalDocument,
  paragraph,
} from '../../src/admin/lexical.ts';

test('a document holds its blocks in order', () => {
  const { root } = JSON.parse(
    lexicalDocument(heading('Tides'), paragraph('High & low.'), html('<hr>')),
  );
  expect(root.type).toBe('root');
  expect(root.children.map(({ type }: { type: string }) => type)).toEqual([
    'extended-heading',
    'paragraph',
    'html',
  ]);
  expect(root.children[1].children[0]).toMatchObject({ text: 'High & low.' });
});

test('an image is as wide as the text unless it says otherwise', () => {
  expect(image({ src: '/a.jpg' })).toMatchObject({ type: 'image', cardWidth: 'regular' });
  expect(image({ src: '/a.jpg', cardWidth: 'full' })).toMatchObject({ cardWidth: 'full' });
});

test('a gallery puts three images in a row and names their files', () => {
  const images = ['a', 'b', 'c', 'd'].map((name) => ({
    src: `http://localhost/content/images/2026/11/${name}.jpg`,
    width: 900,
    height: 600,
  }));
  expect(gallery({ images })).toMatchObject({
    images: [
      { row: 0, fileName: 'a.jpg', width: 900 },
      { row: 0, fileName: 'b.jpg' },
      { row: 0, fileName: 'c.jpg' },
      { row: 1, fileName: 'd.jpg' },
    ],
  });
});
