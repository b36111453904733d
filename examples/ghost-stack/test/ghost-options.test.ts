import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findGhostOptions } from '../src/ghost-options.ts';

const kept = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../choices/kept-options.json'), 'utf8'),
);

test('Ghost is handed its own names, and nothing else of .env', () => {
  const env = {
    DOMAIN: 'blog.example.com',
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
    COMPOSE__X: '1',
    privacy__useUpdateCheck: 'false',
    adapters__cache__postsPublic__ttl: '60',
    mail__from: "it's me <me@example.com>",
  };
  expect(findGhostOptions(env, kept)).toEqual({
    options: {
      privacy__useUpdateCheck: 'false',
      adapters__cache__postsPublic__ttl: '60',
      mail__from: "it's me <me@example.com>",
    },
    problems: [],
  });
});

test.each([
  ['admin__url', 'set ADMIN_DOMAIN'],
  ['database__connection__host', 'set DATABASE_URL'],
  ['storage__active', 'set MEDIA'],
  ['storage__active_FILE', 'set MEDIA'],
  ['tinybird__stats__endpoint', 'set ANALYTICS'],
  ['adapters__cache__active', 'does not start'],
])('%s is the stack’s own', (name, remedy) => {
  const { options, problems } = findGhostOptions({ [name]: 'x' }, kept);
  expect(options).toEqual({});
  expect(problems).toEqual([expect.stringMatching(`^${name} in .env would break .*${remedy}`)]);
});
