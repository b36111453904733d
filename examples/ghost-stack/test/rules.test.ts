import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ruleProblems } from '../src/rules.ts';

const rules = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../choices/rules.json'), 'utf8'),
);
const problemsOf = (env: Record<string, string>) => ruleProblems(env, rules);

test('what is right, empty or no setting is not spoken of', () => {
  const right = { DOMAIN: 'blog.example.com', CDN: '', HTTPS_PORT: '65535', PATH: '/bin' };
  expect(problemsOf(right)).toEqual([]);
});

test.each([
  'https://blog.example.com',
  'Blog.example.com',
  'localhost',
  'a_b.example.com',
  '10.0.0.1',
])('refuses %s as a host name, and says what it should be', (name) => {
  for (const variable of ['DOMAIN', 'ADMIN_DOMAIN']) {
    const sentence = `${variable} "${name}" is not what it should be: use the host name alone`;
    expect(problemsOf({ [variable]: name })).toEqual([expect.stringContaining(sentence)]);
  }
});

test.each([
  [{ SOCIAL: 'mastodon' }, 'SOCIAL "mastodon" is not what it should be: use ghost.org, off'],
  [{ SOCIAL: 'https://ap.example.com/path' }, 'SOCIAL '],
  [{ WWW: 'yes' }, 'use on, off.'],
  [{ CERTIFICATES: 'own' }, 'use public, local, staging.'],
  [{ CDN: 'fastly' }, 'use none, cloudflare, proxy.'],
  [{ PAGES: 'of' }, 'use on, off.'],
  [{ HTTP_PORT: '0' }, 'use a number from 1 to 65535.'],
  [{ HTTP_PORT: '65536' }, 'use a number from 1 to 65535.'],
])('%o is refused with its remedy', (env, problem) => {
  expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
});

test.each([
  ['DATABASE_URL', 'postgres://me:secret9@db.example.com/blog', 'use mysql://'],
  ['DATABASE_URL', 'mysql://db.example.com/blog', 'use mysql://'],
  ['DATABASE_URL', 'mysql://me:secret9@db.example.com', 'use mysql://'],
  ['DATABASE_URL', 'mysql://me:secret9@db.example.com:99999/blog', 'use mysql://'],
  ['REDIS_URL', 'redis://:secret9@redis.example.com', 'use rediss://'],
])('%s=%s is refused, and nothing of it is shown', (name, value, remedy) => {
  const problems = problemsOf({ [name]: value });
  expect(problems).toEqual([expect.stringContaining(remedy)]);
  expect(problems.join()).not.toContain('secret9');
});
