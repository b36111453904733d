import { expect, test } from 'vitest';
import { readSite } from '../src/site.ts';

const problemsOf = (env: Record<string, string>) =>
  readSite({ DOMAIN: 'blog.example.com', ...env }, { hasSandbox: false }).problems;

test('beside the sandbox the name may be missing, with the vendors it may not', () => {
  expect(readSite({ DOMAIN: '' }, { hasSandbox: true })).toMatchObject({
    site: { domain: 'ghost.localhost', certificates: 'public', cdn: 'none' },
    problems: [],
  });
  expect(readSite({}, { hasSandbox: false }).problems).toEqual([
    expect.stringContaining('DOMAIN is not set'),
  ]);
});

test.each([
  'https://blog.example.com',
  'Blog.example.com',
  'localhost',
  'a_b.example.com',
  '10.0.0.1',
])('refuses %s as a host name, and says what it should be', (name) => {
  const refusal = (variable: string) => [
    expect.stringContaining(`${variable} is "${name}": set it to`),
  ];
  expect(problemsOf({ DOMAIN: name })).toEqual(refusal('DOMAIN'));
  expect(problemsOf({ ADMIN_DOMAIN: name })).toEqual(refusal('ADMIN_DOMAIN'));
});

test('refuses an Admin at the site’s own name, and what no file of the edge is named for', () => {
  expect(
    problemsOf({ ADMIN_DOMAIN: 'blog.example.com', CERTIFICATES: 'own', CDN: 'fastly' }),
  ).toEqual([
    expect.stringContaining('ADMIN_DOMAIN is the same as DOMAIN'),
    expect.stringContaining('CERTIFICATES is "own"'),
    expect.stringContaining('CDN is "fastly"'),
  ]);
});

test('a proxy in front needs its address', () => {
  expect(problemsOf({ CDN: 'proxy' })).toEqual([expect.stringContaining('CDN_ADDRESSES')]);
  expect(problemsOf({ CDN: 'proxy', CDN_ADDRESSES: '10.0.0.1/32' })).toEqual([]);
});
