import { expect, test } from 'vitest';
import { settingProblems } from '../../src/settings/check-settings.ts';
import { stackFolder } from '../fixtures/stack-folder.ts';

const RIGHT = `DOMAIN=blog.example.com
CLOUDINARY_URL=cloudinary://123:secret-of-mine@demo
RESEND_API_KEY=re_123
RESEND_WEBHOOK_SECRET=whsec_abc
`;

const problemsOf = (env: string) => settingProblems(stackFolder(env), {});

test('settings that are right have no problem', () => {
  expect(problemsOf(RIGHT)).toEqual([]);
});

test('an empty file names each setting that is required, with where it is had', () => {
  const problems = problemsOf('');
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'DOMAIN',
    'CLOUDINARY_URL',
    'RESEND_API_KEY',
    'RESEND_WEBHOOK_SECRET',
  ]);
  expect(problems[2]).toContain('https://resend.com/api-keys');
});

test('with the sandbox nothing is required', () => {
  expect(problemsOf('COMPOSE_PROFILES=sandbox\n')).toEqual([]);
});

test('a misspelt setting is named with the one that was probably meant', () => {
  expect(problemsOf(`${RIGHT}TIMEZOEN=UTC\nWHATEVER_IT_IS_CALLED=1\n`)).toEqual([
    'TIMEZOEN in .env is no setting of the stack. Did you mean TIMEZONE?',
    'WHATEVER_IT_IS_CALLED in .env is no setting of the stack. Remove it, or see .env.example for all.',
  ]);
});

test('settings of Compose are not judged', () => {
  expect(problemsOf(`${RIGHT}COMPOSE_PARALLEL_LIMIT=2\n`)).toEqual([]);
});

test.each([
  ['DOMAIN=https://blog.example.com', 'DOMAIN "https://blog.example.com" is not what it should be'],
  ['TIMEZONE=Berlin', 'use a name such as Europe/Berlin'],
  ['CDN=fastly', 'use none, cloudflare, proxy'],
  ['CDN=proxy', 'CDN is "proxy" without CDN_ADDRESSES'],
  ['ADMIN_DOMAIN=blog.example.com', 'ADMIN_DOMAIN is the same as DOMAIN'],
  ['MYSQL_MEMORY=lots', 'use a number and k, m or g, such as 512m'],
  ['NOTIFY_EMAIL=me@example.com', 'NOTIFY_EMAIL is set without NOTIFY_SMTP_URL'],
])('%s is refused with its remedy', (line, problem) => {
  expect(problemsOf(`${RIGHT}${line}\n`)).toEqual([expect.stringContaining(problem)]);
});

test('of a secret nothing is shown', () => {
  const problems = problemsOf(
    RIGHT.replace('re_123', 'sk_live_wrong').replace('cloudinary:', 'https:'),
  );
  expect(problems).toHaveLength(2);
  expect(problems.join()).not.toMatch(/sk_live_wrong|secret-of-mine/);
});
