import { randomBytes } from 'node:crypto';
import { readOptions } from '@prosora/service/options';
import { expect, test } from 'vitest';
import { isSigningKey } from '../src/access/signing-key.ts';
import { assertTokensDiffer } from '../src/access/tokens.ts';
import { datafilesDirOf } from '../src/datafiles/datafiles-dir.ts';
import { engineOptions } from '../src/options.ts';

const env = { PROSORA_ENGINE_ADMIN_TOKEN: '0123456789abcdef0123456789abcdef', GHOST_DIR: '/ghost' };

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
  ['tracker', { trackerToken: ['a-token-of-the-admin-of-32-or-more'] }],
  ['site', { siteTokens: new Map([['site-a', 'a-token-of-the-admin-of-32-or-more']]) }],
  [
    'tracker and site',
    { trackerToken: ['some-other-token'], siteTokens: new Map([['a', 'some-other-token']]) },
  ],
])('a token of a %s that is another one too is refused', (_, others) => {
  const adminToken = ['a-token-of-the-admin-of-32-or-more'];
  expect(() => assertTokensDiffer({ adminToken, ...others })).toThrow('are the same');
  expect(() =>
    assertTokensDiffer({ adminToken, trackerToken: ['some-other-token'] }),
  ).not.toThrow();
});

const STRONG = '5c1f0e9b7a3d2468ace013579bdf8642';

test.each([
  ['short', STRONG.slice(1)],
  ['made of few characters', 'changeme'.repeat(8)],
])('an admin token that is %s could be guessed from what it signs: it is refused', (_, token) => {
  const refused = () => readOptions(engineOptions, { ...env, PROSORA_ENGINE_ADMIN_TOKEN: token });
  expect(refused).toThrow('openssl rand -hex 32');
  expect(refused).not.toThrow(token);
});

test('tokens of sites sign as well, so each has to be as strong, and all that is wrong is said at once', () => {
  const siteTokens = (token: string) => ({ PROSORA_ENGINE_SITE_TOKENS: `a=${STRONG},b=${token}` });
  expect(() => readOptions(engineOptions, { ...env, ...siteTokens('short-site-token') })).toThrow(
    /PROSORA_ENGINE_SITE_TOKENS: .* At least 32 random characters each/,
  );
  const all = { ...siteTokens('short-site-token'), PROSORA_ENGINE_ADMIN_TOKEN: 'x' };
  expect(() => readOptions(engineOptions, all)).toThrow(
    /PROSORA_ENGINE_ADMIN_TOKEN: [\s\S]*PROSORA_ENGINE_SITE_TOKENS: /,
  );
  const well = readOptions(engineOptions, { ...env, ...siteTokens(`${STRONG}0`) });
  expect(well.siteTokens?.size).toBe(2);
});

test('random tokens are taken, however they are written down', () => {
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    for (let turn = 0; turn < 1_000; turn += 1) {
      expect(isSigningKey(randomBytes(24).toString(encoding))).toBe(true);
    }
  }
});
