import { expect, test } from 'vitest';
import { parseExpression } from '../../src/cloudflare/expression.ts';

const FIELDS = {
  'http.host': 'blog.example.com',
  'http.cookie': 'a=b; ghost-members-ssr=x',
  'http.request.uri.path': '/ghost/api/',
  'http.response.code': 200,
  'http.response.headers': { 'cache-control': ['public, max-age=0'] },
};

test.each([
  ['http.host eq "blog.example.com"', true],
  ['http.host in {"a.com" "blog.example.com"}', true],
  ['not http.cookie contains "ghost"', false],
  ['starts_with(http.request.uri.path, "/ghost/") and http.response.code eq 200', true],
  ['(http.host eq "a" or http.host eq "b") and true', false],
  ['http.host eq "a" or http.host ne "b" and true', true],
  ['any(http.response.headers["cache-control"][*] contains "public")', true],
  ['any(http.response.headers["age"][*] contains "")', false],
  ['not (ends_with(http.host, ".com") and true)', false],
])('%s is %s', (expression, holds) => {
  expect(parseExpression(expression)(FIELDS)).toBe(holds);
});

test.each([
  '',
  'http.host',
  'http.host equals "a"',
  'http.host eq',
  'host eq "a"',
  '(true',
  'true)',
  'http.host ~ "a"',
])('%j is refused', (expression) => {
  expect(() => parseExpression(expression)).toThrow(/.+/);
});
