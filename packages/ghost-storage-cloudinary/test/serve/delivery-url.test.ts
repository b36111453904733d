import { createHash } from 'node:crypto';
import { v2 as sdk } from 'cloudinary';
import utils from 'cloudinary/lib/utils/index.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNames } from '../../src/cloudinary/names.ts';
import { createDeliveryUrls } from '../../src/serve/delivery-url.ts';

const names = createNames('ghost', 'images');
const account = {
  cloudName: 'demo',
  secureDistribution: undefined,
  privateCdn: false,
  transformation: 'q_auto',
  signedUrls: false,
  signatureAlgorithm: 'sha1' as const,
  apiSecret: 's3cr3t',
};
const urls = createDeliveryUrls(account);

describe('delivery URLs', () => {
  test.each([
    ['2026/11/x.jpg', 'image/upload/v1/ghost/images/2026/11/x_jpg.jpg'],
    ['2026/11/x.jpeg', 'image/upload/v1/ghost/images/2026/11/x_jpeg.jpg'],
    ['2026/11/x.mp4', 'video/upload/v1/ghost/images/2026/11/x_mp4.mp4'],
    ['2026/11/x.pdf', 'raw/upload/v1/ghost/images/2026/11/x.pdf'],
    ['100%.png', 'image/upload/v1/ghost/images/100~25_png.png'],
  ])('the original of %s', (path, expected) => {
    expect(urls.original(names.assetOf(path))).toBe(`https://res.cloudinary.com/demo/${expected}`);
  });

  test.each([
    [{ width: 600 }, 'c_limit,w_600/q_auto', 'png'],
    [{ height: 400 }, 'c_limit,h_400/q_auto', 'png'],
    [{ width: 256, height: 256 }, 'c_lfill,h_256,w_256/q_auto', 'png'],
    [{ width: 600, format: 'webp' }, 'c_limit,w_600/q_auto', 'webp'],
  ])('the size %j', (size, transformation, extension) => {
    expect(urls.sized(names.assetOf('x.png'), size)).toBe(
      `https://res.cloudinary.com/demo/image/upload/${transformation}/v1/ghost/images/x_png.${extension}`,
    );
  });

  test.each([
    [{ transformation: '' }, 'https://res.cloudinary.com/demo/image/upload/c_limit,w_9/v1/'],
    [
      { secureDistribution: 'https://img.example.com' },
      'https://img.example.com/demo/image/upload/c_limit,w_9/q_auto/v1/',
    ],
    [
      { secureDistribution: 'https://img.example.com', privateCdn: true },
      'https://img.example.com/image/upload/c_limit,w_9/q_auto/v1/',
    ],
    [{ privateCdn: true }, 'https://demo-res.cloudinary.com/image/upload/c_limit,w_9/q_auto/v1/'],
    [
      { secureDistribution: 'http://127.0.0.1:4101' },
      'http://127.0.0.1:4101/demo/image/upload/c_limit,w_9/q_auto/v1/',
    ],
  ])('from %j', (changes, start) => {
    const url = createDeliveryUrls({ ...account, ...changes }).sized(names.assetOf('x.png'), {
      width: 9,
    });
    expect(url).toBe(`${start}ghost/images/x_png.png`);
  });

  test.each([
    ['sha1' as const, /\/s--[\w-]{8}--\//],
    ['sha256' as const, /\/s--[\w-]{32}--\//],
  ])('signed with %s, as the SDK signs them', (signatureAlgorithm, form) => {
    const signed = createDeliveryUrls({ ...account, signedUrls: true, signatureAlgorithm });
    const url = signed.sized(names.assetOf('2026/11/x.png'), { width: 600, format: 'webp' });
    expect(url).toMatch(form);
    const bySdk = sdk.url('ghost/images/2026/11/x_png', {
      ...{ cloud_name: 'demo', api_secret: 's3cr3t', analytics: false, sign_url: true },
      long_url_signature: signatureAlgorithm === 'sha256',
      transformation: [{ width: 600, crop: 'limit' }, { raw_transformation: 'q_auto' }],
      format: 'webp',
    });
    expect(url).toBe(bySdk);
  });

  test('names of eager transformations are those of the URLs', () => {
    const asset = names.assetOf('x.png');
    const size = { width: 600, format: 'webp' };
    const [, transformation] = /upload\/(.*)\/v1\//.exec(urls.sized(asset, size)) ?? [];
    expect(urls.eager(asset, size)).toBe(`${transformation}/webp`);
  });

  test('for whatever name, a URL decodes to the public_id and leads nowhere else', () => {
    const part = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/^\.{1,2}$/.test(text));
    fc.assert(
      fc.property(part, (name) => {
        fc.pre(!name.includes('/'));
        const asset = names.assetOf(`2026/11/${name}.png`);
        const { host, pathname, search, hash } = new URL(urls.original(asset));
        expect({ host, search, hash }).toEqual({
          host: 'res.cloudinary.com',
          search: '',
          hash: '',
        });
        expect(decodeURIComponent(pathname)).toBe(`/demo/image/upload/v1/${asset.publicId}.png`);
      }),
    );
  });
});

describe('signatures', () => {
  const params = { timestamp: 1, public_id: 'a&b=c', tags: 'x,y' };

  test.each([
    ['sha1', '494cd7de32f17152cb32242e64f00e99b57f5215'],
    ['sha256', '3edb533faa8976a76b49abd043a24bbc4169e56375c6398f85f75e40a0d40511'],
  ])('the module we bundle signs %s like the published vector', (algorithm, expected) => {
    expect(utils.api_sign_request(params, 's3cr3t', algorithm)).toBe(expected);
  });

  test('the module we bundle signs like the SDK and like the published rule', () => {
    const value = fc.oneof(fc.string({ minLength: 1 }), fc.nat());
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), value), (signed) => {
        const ours = utils.api_sign_request(signed, 's3cr3t', 'sha1');
        expect(ours).toBe(sdk.utils.api_sign_request(signed, 's3cr3t'));
        const pairs = Object.entries(signed).sort(([a], [b]) => a.localeCompare(b));
        const text = pairs.map((pair) => pair.join('=').replaceAll('&', '%26')).join('&');
        expect(ours).toBe(createHash('sha1').update(`${text}s3cr3t`).digest('hex'));
      }),
    );
  });
});
