import { readFileSync } from 'node:fs';
import { readOptions } from '@prosora/service/options';
import { expect, test } from 'vitest';
import { datafilesDirOf } from '../src/engine.ts';
import { engineOptions } from '../src/options.ts';
import { assertTokensDiffer } from '../src/tokens.ts';

const env = { PROSORA_ENGINE_ADMIN_TOKEN: '0123456789abcdef', GHOST_DIR: '/ghost' };

test('two variables are enough', () => {
  const values = readOptions(engineOptions, env);
  expect(values).toMatchObject({ host: '127.0.0.1', port: 7181, localTokens: false });
  expect(datafilesDirOf(values)).toBe('/ghost/core/server/data/tinybird');
});

test('datafiles of their own win over those in Ghost, and one of the two is needed', () => {
  expect(datafilesDirOf({ ghostDir: '/ghost', datafilesDir: '/files' })).toBe('/files');
  expect(() => datafilesDirOf({ ghostDir: undefined, datafilesDir: undefined })).toThrow(
    'Neither GHOST_DIR nor PROSORA_ENGINE_DATAFILES is set.',
  );
});

test.each([
  ['tracker', { trackerToken: 'a-token-of-the-admin' }],
  ['site', { siteTokens: new Map([['site-a', 'a-token-of-the-admin']]) }],
  [
    'tracker and site',
    { trackerToken: 'some-other-token', siteTokens: new Map([['a', 'some-other-token']]) },
  ],
])('a token of a %s that is another one too is refused', (_, others) => {
  const adminToken = 'a-token-of-the-admin';
  expect(() => assertTokensDiffer({ adminToken, ...others })).toThrow('are the same');
  expect(() => assertTokensDiffer({ adminToken, trackerToken: 'some-other-token' })).not.toThrow();
});

test('the README has every option, as the code describes it', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  for (const { env: name, description } of Object.values(engineOptions)) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
    expect([name, row?.endsWith(`| ${description} |`)]).toEqual([name, true]);
  }
});
