import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';

test('without a block everything has its default', () => {
  expect(parseConfig(undefined, {})).toEqual({
    store: 'auto',
    file: undefined,
    tablePrefix: 'prosora_',
    concurrency: 3,
    webmentions: 1_000,
    keepDays: 7,
    callbackTimeoutMs: 60_000,
  });
});

test('the block wins over the environment', () => {
  const env = { PROSORA_JOBS_CONCURRENCY: '5', PROSORA_JOBS_KEEP_DAYS: '30' };
  expect(parseConfig({ concurrency: 2 }, env)).toMatchObject({ concurrency: 2, keepDays: 30 });
});

test('every problem is named at once, by its key or by its variable', () => {
  const parse = () =>
    parseConfig(
      { concurency: 2, store: 'postgres', tablePrefix: 'Jobs' },
      { PROSORA_JOBS_KEEP_DAYS: 'a week' },
    );
  for (const problem of [
    'did you mean "concurrency"?',
    'store: "postgres"',
    'tablePrefix: "Jobs"',
    'PROSORA_JOBS_KEEP_DAYS: "a week"',
  ]) {
    expect(parse).toThrow(problem);
  }
});

test('a block that is none is refused', () => {
  expect(() => parseConfig('sqlite', {})).toThrow('must be an object');
});
