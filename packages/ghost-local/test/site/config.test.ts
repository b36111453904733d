import fc from 'fast-check';
import { expect, test } from 'vitest';
import { baseConfig, mergeConfig } from '../../src/site/config.ts';

const site = {
  url: 'http://localhost:2368',
  port: 2368,
  contentDir: '/c',
  databaseFile: '/c/g.db',
};

test('a change reaches into nested objects and leaves their other keys', () => {
  const merged = mergeConfig(baseConfig(site), { server: { shutdownTimeout: 60_000 } });
  expect(merged).toMatchObject({
    server: { host: '127.0.0.1', port: 2368, shutdownTimeout: 60_000 },
    mail: { transport: 'stub' },
  });
});

test('lists and null replace what was there, undefined does not', () => {
  const base = { list: [1, 2], kept: 'yes', cleared: { a: 1 } };
  const changes = { list: [3], kept: undefined, cleared: null };
  expect(mergeConfig(base, changes)).toEqual({ list: [3], kept: 'yes', cleared: null });
});

test('an object replaces a plain value', () => {
  expect(mergeConfig({ storage: 'local' }, { storage: { active: 'X' } })).toEqual({
    storage: { active: 'X' },
  });
});

const config = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.array(fc.integer(), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
    ),
  })).value,
  { noNullPrototype: true },
);

test('merging the same changes twice changes nothing more, and the inputs never change', () => {
  fc.assert(
    fc.property(config, config, (base, changes) => {
      const before = structuredClone([base, changes]);
      const once = mergeConfig(base, changes);
      expect(mergeConfig(once, changes)).toEqual(once);
      expect([base, changes]).toEqual(before);
    }),
  );
});
