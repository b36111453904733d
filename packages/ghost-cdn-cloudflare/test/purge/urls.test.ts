import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inParts, urlsOf } from '../../src/purge/urls.ts';

const SITE = { siteUrl: 'https://blog.example.com', hosts: ['www.example.com'] };

test('a page is named under each host, scheme and form', () => {
  expect(urlsOf(['/a-post/'], SITE).toSorted()).toEqual(
    ['https', 'http']
      .flatMap((scheme) =>
        ['blog.example.com', 'www.example.com'].flatMap((host) => [
          `${scheme}://${host}/a-post`,
          `${scheme}://${host}/a-post/`,
        ]),
      )
      .toSorted(),
  );
});

test('the front page and a file have one form', () => {
  const site = { ...SITE, hosts: [] };
  expect(
    urlsOf(['/', '/sitemap.xml', '/a?b=c'], site).filter((url) => url.startsWith('https')),
  ).toEqual([
    'https://blog.example.com/',
    'https://blog.example.com/sitemap.xml',
    'https://blog.example.com/a/?b=c',
    'https://blog.example.com/a?b=c',
  ]);
});

test('in a subdirectory each is named once, whether or not the path says so', () => {
  const site = { siteUrl: 'https://example.com/blog/', hosts: [] };
  expect(urlsOf(['/a/', '/blog/a/'], site)).toHaveLength(4);
  expect(urlsOf(['/a/'], site)).toContain('https://example.com/blog/a/');
});

test('whatever the paths, each URL is whole, of the site and named once', () => {
  const path = fc.webPath().filter((given) => given.startsWith('/') && !given.startsWith('//'));
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const urls = urlsOf(paths, SITE);
      expect(new Set(urls).size).toBe(urls.length);
      for (const url of urls) {
        expect(['blog.example.com', 'www.example.com']).toContain(new URL(url).hostname);
        expect(new URL(url).href).toBe(url);
      }
    }),
  );
});

test('parts lose nothing and are no larger than they may be', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (items, size) => {
      const parts = inParts(items, size);
      expect(parts.flat()).toEqual(items);
      expect(parts.every((part) => part.length > 0 && part.length <= size)).toBe(true);
    }),
  );
});
