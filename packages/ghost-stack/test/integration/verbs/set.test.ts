import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { keepAnswers, keptAnswers } from '../../../src/init/answers.ts';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const envOf = (dir: string) => readFileSync(join(dir, '.env'), 'utf8');

test('a setting is changed and all else stays; of a secret nothing is printed', async () => {
  const dir = stackFolder('# mine\nDOMAIN=old.example.com\n');
  const words = ['set', 'DOMAIN=new.example.com', '--answers', '-'];
  const { code, output } = await prosora(dir, words, { input: 'RESEND_API_KEY=re_secret9\n' });
  expect(code).toBe(0);
  expect(envOf(dir)).toBe('# mine\nDOMAIN=new.example.com\nRESEND_API_KEY=re_secret9\n');
  expect(statSync(join(dir, '.env')).mode & 0o777).toBe(0o600);
  expect(output).toContain('DOMAIN=new.example.com');
  expect(output).not.toContain('re_secret9');
});

test('what is set after an init that was killed is not put back by the next', async () => {
  const dir = stackFolder('DOMAIN=old.example.com\n');
  keepAnswers(dir, { DOMAIN: 'of-the-killed.example.com', TIMEZONE: 'Europe/Berlin' });
  await prosora(dir, ['set', 'DOMAIN=new.example.com']);
  expect(keptAnswers(dir)).toEqual({ TIMEZONE: 'Europe/Berlin' });
});

test('the first setting begins with the file that explains them all', async () => {
  const dir = stackFolder('');
  await prosora(dir, ['set', 'TIMEZONE=Europe/Berlin']);
  expect(parseEnv(envOf(dir))).toMatchObject({ TIMEZONE: 'Europe/Berlin', DOMAIN: '' });
  expect(envOf(dir)).toContain('# required: the host name that readers type.');
});

test.each([
  ['DOMAIN=https://blog.example.com', 1, 'use the host name alone'],
  ['DOMIAN=blog.example.com', 2, 'Did you mean DOMAIN?'],
  ['CDN=proxy', 1, 'CDN is "proxy" without CDN_ADDRESSES'],
  ["MAIL_FROM=it's@me.example", 1, '.env cannot hold the new value of MAIL_FROM.'],
  ['OWNER_NAME=Ada', 1, 'OWNER_NAME in .env is no setting of the stack.'],
  ['RESEND_API_KEY=re_secret9', 2, 'which everybody here can list. Give it in a file: --answers'],
  ['DOMAIN', 2, 'Write NAME=VALUE.'],
])('%s is refused with %i and changes nothing', async (word, exitCode, reason) => {
  const dir = stackFolder('DOMAIN=old.example.com\n');
  const { code, output } = await prosora(dir, ['set', word]);
  expect([code, output]).toEqual([exitCode, expect.stringContaining(reason)]);
  expect(envOf(dir)).toBe('DOMAIN=old.example.com\n');
});
