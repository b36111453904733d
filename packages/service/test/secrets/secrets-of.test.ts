import { expect, test } from 'vitest';
import * as z from 'zod';
import { type Options, secretsOf } from '../../src/index.ts';

const option = (secret: boolean, schema: z.ZodType = z.any()) => ({
  env: 'NAME',
  description: 'An option.',
  schema,
  secret,
});

const options = {
  apiKey: option(true),
  webhookSecrets: option(true),
  siteTokens: option(true),
  sites: option(true),
  databaseUrl: option(true),
  adminKey: option(true),
  unset: option(true),
  upstreamUrl: option(false),
  host: option(false),
} satisfies Options;

test('every option marked secret is given, in whatever its schema made of it', () => {
  const secrets = secretsOf(options, {
    apiKey: 'the-key',
    webhookSecrets: ['whsec_one', 'whsec_two'],
    siteTokens: new Map([['a-site-uuid', 'the-token']]),
    sites: [{ name: 'my-blog', apiKey: 'key-of-my-blog', domains: ['my-blog.example'] }],
    unset: undefined,
    host: '127.0.0.1',
  });
  expect(secrets).toEqual(['the-key', 'whsec_one', 'whsec_two', 'the-token', 'key-of-my-blog']);
});

test.each([
  ['mysql://mail:pl%40in@db:3306/mail', ['pl%40in', 'pl@in']],
  ['mysql://mail:pa#ss/word@db/mail', ['pa#ss/word']],
  ['redis://:only@cache', ['only']],
])('the password in %s is a secret by itself', (databaseUrl, passwords) => {
  expect(secretsOf(options, { databaseUrl })).toEqual([databaseUrl, ...passwords]);
});

test('the password of a URL that is no secret is one, and its port is none', () => {
  const urlOf = (upstreamUrl: string) => secretsOf(options, { upstreamUrl });
  expect(urlOf('https://user:hidden@upstream.test/')).toEqual(['hidden']);
  expect(urlOf('https://upstream.test:8080/a')).toEqual([]);
});

test('the secret half of an Admin API key is a secret by itself', () => {
  expect(secretsOf(options, { adminKey: '0123456789abcdef:fedcba9876543210' })).toEqual([
    '0123456789abcdef:fedcba9876543210',
    'fedcba9876543210',
  ]);
});
