import { readOptions } from '@prosora/service/options';
import { expect, test } from 'vitest';
import { mailOptions } from '../src/options.ts';

const env = {
  RESEND_API_KEY: 're_key',
  PROSORA_MAIL_API_KEY: '6f1c0d9b8a7e4f5263748596a0b1c2d3',
  PROSORA_MAIL_DOMAINS: 'example.com',
};

test('a key made as the remedy says is taken', () => {
  expect(readOptions(mailOptions, env).apiKey).toEqual([env.PROSORA_MAIL_API_KEY]);
});

test.each([['short-one'], ['23-characters-are-not-e'], ['abababababababababababababababab']])(
  'the key %s, which could be guessed, is refused with how to make one',
  (key) => {
    const read = () => readOptions(mailOptions, { ...env, PROSORA_MAIL_API_KEY: key });
    expect(read).toThrow(/PROSORA_MAIL_API_KEY: .*at least 24 characters.*openssl rand -hex 24/);
    expect(read).not.toThrow(key);
  },
);

test('a weak key of one of several sites is refused as well', () => {
  const sites = JSON.stringify([{ name: 'one', apiKey: '12345678', domains: ['one.example'] }]);
  const { PROSORA_MAIL_API_KEY: _key, PROSORA_MAIL_DOMAINS: _domains, ...rest } = env;
  expect(() => readOptions(mailOptions, { ...rest, PROSORA_MAIL_SITES: sites })).toThrow(
    'PROSORA_MAIL_SITES',
  );
});

test.each([['whsec_='], ['whsec_'], ['='], ['whsec_c2hvcnQ=']])(
  'the signing secret %s, with which anybody could sign, is refused',
  (secret) => {
    expect(() => readOptions(mailOptions, { ...env, RESEND_WEBHOOK_SECRET: secret })).toThrow(
      'RESEND_WEBHOOK_SECRET',
    );
  },
);
