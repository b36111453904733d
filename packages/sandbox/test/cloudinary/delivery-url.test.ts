import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDeliveryUrl } from '../../src/cloudinary/delivery-url.ts';
import { CloudinaryRefusal } from '../../src/cloudinary/refusal.ts';

const { v2: sdk } = createRequire(import.meta.url)('cloudinary') as typeof import('cloudinary');

const pathOf = (id: string, options: object): string =>
  new URL(sdk.url(id, { cloud_name: 'demo', api_secret: 's', analytics: false, ...options }))
    .pathname;

const idSegment = fc
  .string({ minLength: 1, unit: 'grapheme' })
  .filter((text) => !/[?&#\\%<>+/]|^[\s.]|[\s.]$|\p{C}/u.test(text) && !/^v\d+$/.test(text));

describe('parseDeliveryUrl', () => {
  test('finds the id and the format in any URL that the SDK builds', () => {
    const ids = fc.array(idSegment, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(ids, fc.boolean(), fc.boolean(), (id, transformed, signed) => {
        const url = parseDeliveryUrl(
          pathOf(id, {
            format: 'png',
            sign_url: signed,
            ...(transformed && { width: 600, crop: 'limit' }),
          }),
          'demo',
        );
        expect(url).toMatchObject({ publicId: id, extension: 'png', resourceType: 'image' });
        expect(url.transformation).toEqual(transformed ? ['c_limit,w_600'] : []);
        expect(url.signature !== undefined).toBe(signed);
      }),
    );
  });

  test('answers any path with parts or a refusal', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.constantFrom('/demo/image/upload', ''), (path, before) => {
        try {
          parseDeliveryUrl(before + path, 'demo');
        } catch (error) {
          expect(error).toBeInstanceOf(CloudinaryRefusal);
        }
      }),
    );
  });

  test('finds the format behind an id with a line separator in it', () => {
    const parts = parseDeliveryUrl(pathOf('notes\u2028of May', { format: 'png' }), 'demo');
    expect(parts).toMatchObject({ publicId: 'notes\u2028of May', extension: 'png' });
  });

  test('keeps an extension that is part of the id', () => {
    expect(parseDeliveryUrl('/demo/image/upload/v1/a/logo.png.png', 'demo')).toMatchObject({
      publicId: 'a/logo.png',
      extension: 'png',
    });
  });

  test('raw ids are the whole name', () => {
    const url = parseDeliveryUrl('/demo/raw/upload/v1/a/report.pdf', 'demo');
    expect(url.publicId).toBe('a/report.pdf');
    expect(url.extension).toBeUndefined();
  });

  test('without a version, a folder that looks like a component is taken for one', () => {
    const path = '/demo/image/upload/w_photos/x.jpg';
    expect(parseDeliveryUrl(path, 'demo')).toMatchObject({
      transformation: ['w_photos'],
      publicId: 'x',
    });
    expect(parseDeliveryUrl(path.replace('w_', 'v1/w_'), 'demo').publicId).toBe('w_photos/x');
  });

  test('a private CDN has no cloud name in the path', () => {
    expect(parseDeliveryUrl('/image/upload/v1/x.jpg', undefined).publicId).toBe('x');
    expect(() => parseDeliveryUrl('/image/upload/v1/x.jpg', 'demo')).toThrow('cloud_name');
  });
});
