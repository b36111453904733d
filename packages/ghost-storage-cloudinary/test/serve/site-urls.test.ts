import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNames } from '../../src/cloudinary/names.ts';
import { createDeliveryUrls } from '../../src/serve/delivery-url.ts';
import { createSiteUrls } from '../../src/serve/site-urls.ts';

const names = createNames('ghost', 'images');
const siteUrl = 'https://example.com/blog/';
const assetUrl = 'https://cdn.example.com/assets/';
const urls = createSiteUrls({ siteUrl, assetUrl, prefix: 'content/images', names });

test('a stored file has a URL of the site, in its folder', () => {
  expect(urls.urlOf('2026/11/x.jpg')).toBe('/blog/content/images/2026/11/x.jpg');
  const root = createSiteUrls({ siteUrl: undefined, prefix: 'content/media', names });
  expect(root.urlOf('x.mp4')).toBe('/content/media/x.mp4');
});

describe('the path behind a URL', () => {
  test.each([
    '/blog/content/images/2026/11/my%20cat.jpg',
    '/content/images/2026/11/my cat.jpg',
    'https://example.com/blog/content/images/2026/11/my%20cat.jpg?v=1#x',
    'https://img.example.com/content/images/2026/11/my%20cat.jpg',
    'https://cdn.example.com/assets/content/images/2026/11/my%20cat.jpg',
    '__GHOST_URL__/content/images/2026/11/my%20cat.jpg',
    'https://res.cloudinary.com/demo/image/upload/v1/ghost/images/2026/11/my~20cat_jpg.jpg',
    'https://res.cloudinary.com/demo/image/upload/s--abc--/c_limit,w_600/q_auto/v17/ghost/images/2026/11/my~20cat_jpg.webp',
  ])('%s', (url) => {
    expect(urls.pathOf(url)).toBe('2026/11/my cat.jpg');
  });

  test.each([
    'https://example.com/blog/content/media/2026/11/x.jpg',
    'https://example.com/blog/content/images/',
    'https://example.com/blog/content/images/%2e%2e%2fx.jpg',
    'https://example.com/elsewhere/content/images/x.jpg',
    'https://res.cloudinary.com/demo/image/upload/v1/other/images/x_jpg.jpg',
    'https://example.com/photo.jpg',
    '',
  ])('%j has none', (url) => {
    expect(() => urls.pathOf(url)).toThrowError(
      expect.objectContaining({ code: 'URL_INVALID', errorType: 'IncorrectUsageError' }),
    );
  });

  test('comes back from every URL that a file has', () => {
    const delivery = createDeliveryUrls({
      cloudName: 'demo',
      secureDistribution: undefined,
      privateCdn: false,
      transformation: 'q_auto',
      signedUrls: true,
      signatureAlgorithm: 'sha1',
      apiSecret: 's3cr3t',
    });
    const name = fc.stringMatching(/^[\w@-][\w@.-]{0,10}$/);
    const extension = fc.constantFrom('png', 'JPEG', 'svg', 'mp4', 'pdf');
    fc.assert(
      fc.property(name, extension, (stem, ending) => {
        const path = `2026/11/${stem}.${ending}`;
        expect(urls.pathOf(urls.urlOf(path))).toBe(path);
        expect(urls.pathOf(delivery.original(names.assetOf(path)))).toBe(path);
      }),
    );
  });
});
