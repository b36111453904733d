import { expect, test } from 'vitest';
import { findElsewhere } from '../src/elsewhere.ts';

const DATABASE_URL = 'mysql://ghost:p%40ss@db.example.com:3307/blog';
const REDIS_URL = 'rediss://:word@redis.example.com';

function find(env: Record<string, string>) {
  const isSet = { database: 'DATABASE_URL' in env, redis: 'REDIS_URL' in env };
  const readFile = (name: string) => {
    if (name === 'ca.pem') return 'PEM';
    throw new Error('ENOENT');
  };
  return findElsewhere(env, isSet, { domain: 'blog.example.com', readFile });
}

test('without an address the stack has its own', () => {
  expect(find({})).toEqual({
    database: { elsewhere: undefined, problems: [] },
    redis: { elsewhere: undefined, problems: [] },
  });
});

test('a database elsewhere is told to Ghost, which believes the certificate of that host alone', () => {
  const { elsewhere } = find({ DATABASE_URL, DATABASE_CA: 'ca.pem' }).database;
  expect(elsewhere).toEqual({
    password: 'p@ss',
    ca: 'PEM',
    options: {
      database__connection__host: 'db.example.com',
      database__connection__port: '3307',
      database__connection__user: 'ghost',
      database__connection__database: 'blog',
      database__connection__ssl__rejectUnauthorized: 'true',
      database__connection__ssl__verifyIdentity: 'true',
      database__connection__ssl__ca_FILE: '/run/secrets/database_ca.pem',
    },
  });
});

test('in a Redis elsewhere the lists have the site’s name, since it may be shared', () => {
  const { elsewhere } = find({ REDIS_URL }).redis;
  expect(elsewhere?.password).toBe('word');
  expect(elsewhere?.options).toMatchObject({
    adapters__cache__Redis__host: 'redis.example.com',
    adapters__cache__Redis__port: '6379',
    adapters__cache__Redis__storeConfig__tls__servername: 'redis.example.com',
    adapters__cache__postsPublic__keyPrefix: 'blog.example.com:postsPublic:',
  });
  expect(elsewhere?.options).not.toHaveProperty('adapters__cache__Redis__username');
});

test('an authority that is not there is named', () => {
  expect(find({ DATABASE_URL, DATABASE_CA: 'gone.pem' }).database.problems).toEqual([
    'DATABASE_CA is "gone.pem", which is no file in the stack\'s folder.',
  ]);
});

test('an address of this shell alone, such as another program’s, is refused', () => {
  const isSet = { database: true, redis: false };
  const site = { domain: 'blog.example.com', readFile: () => '' };
  expect(findElsewhere({}, isSet, site).database.problems).toEqual([
    expect.stringContaining('set in this shell and not in .env'),
  ]);
  const neither = { database: false, redis: false };
  expect(findElsewhere({ REDIS_URL }, neither, site).redis.problems).toEqual([
    expect.stringContaining('empty in this shell'),
  ]);
});
