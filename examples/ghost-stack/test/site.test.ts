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

test('refuses an Admin at the site’s own name', () => {
  expect(problemsOf({ ADMIN_DOMAIN: 'blog.example.com' })).toEqual([
    expect.stringContaining('ADMIN_DOMAIN is the same as DOMAIN'),
  ]);
});

test('a proxy in front needs its address', () => {
  expect(problemsOf({ CDN: 'proxy' })).toEqual([expect.stringContaining('CDN_ADDRESSES')]);
  expect(problemsOf({ CDN: 'proxy', CDN_ADDRESSES: '10.0.0.1/32' })).toEqual([]);
});
