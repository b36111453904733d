import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTokens } from '../../src/access/tokens.ts';
import { parseDatasource } from '../../src/datafiles/datasource.ts';
import { parsePipe } from '../../src/datafiles/pipe.ts';

const ADMIN = 'the-admin-token-of-a-site-of-32-or-more';
const NEXT_ADMIN = 'what-comes-in-its-place-of-32-or-more';
const TRACKER = 'the-tracker-token-of-a-site';
const NOW = Date.parse('2026-06-01T12:00:00Z');
let now = NOW;

const accessOf = createTokens({
  adminTokens: [ADMIN, NEXT_ADMIN],
  namedTokens: { tracker: [TRACKER], unset: [] },
  project: {
    datasources: new Map([
      ['events', parseDatasource('TOKEN "tracker" APPEND\nSCHEMA >\n  a String', 'events')],
      ['other', parseDatasource('TOKEN "tracker" READ\nSCHEMA >\n  a String', 'other')],
    ]),
    pipes: new Map([['kpis', parsePipe('NODE a\nSQL >\n  SELECT 1\nTYPE ENDPOINT', 'kpis')]]),
  },
  now: () => now,
});

/** Signed as Ghost signs: HS256 with the admin token, without `iat`. */
function ghostToken({
  key = ADMIN,
  expiresInSeconds = 60,
  alg = 'HS256',
  ...claims
} = {}): Promise<string> {
  return new SignJWT({
    workspace_id: 'w',
    name: 'tinybird-jwt-site',
    scopes: [{ type: 'PIPES:READ', resource: 'kpis', fixed_params: { site_uuid: 'mine' } }],
    ...claims,
  })
    .setProtectedHeader({ alg })
    .setExpirationTime(NOW / 1000 + expiresInSeconds)
    .sign(new TextEncoder().encode(key));
}

const refusal = (message: string) => ({ code: 'TOKEN_REFUSED', status: 403, message });

test.each([ADMIN, NEXT_ADMIN])(
  'the admin token may do everything, and so may its successor',
  async (token) => {
    const access = await accessOf(token);
    expect(() => access.assertMayAppend('events')).not.toThrow();
    expect(access.fixedParametersFor('kpis')).toEqual({});
    const signed = await accessOf(await ghostToken({ key: token }));
    expect(signed.fixedParametersFor('kpis')).toEqual({ site_uuid: 'mine' });
  },
);

test('a named token may do what the datafiles grant it', async () => {
  const access = await accessOf(TRACKER);
  expect(() => access.assertMayAppend('events')).not.toThrow();
  expect(() => access.assertMayAppend('other')).toThrow('no permission to append to other');
  expect(() => access.fixedParametersFor('kpis')).toThrow('no permission to read kpis');
});

describe("Ghost's token", () => {
  test('reads the pipes in its scopes with the parameters it fixes', async () => {
    const access = await accessOf(await ghostToken());
    expect(access.fixedParametersFor('kpis')).toEqual({ site_uuid: 'mine' });
    expect(() => access.fixedParametersFor('other_pipe')).toThrow('no permission to read');
    expect(() => access.assertMayAppend('events')).toThrow('no permission to append');
  });

  test('that was good a moment ago is refused once it has expired', async () => {
    const token = await ghostToken({ expiresInSeconds: 60 });
    try {
      expect(await accessOf(token)).toBe(await accessOf(token));
      now = NOW + 59_999;
      expect((await accessOf(token)).fixedParametersFor('kpis')).toEqual({ site_uuid: 'mine' });
      now = NOW + 60_000;
      await expect(accessOf(token)).rejects.toMatchObject(
        refusal('authentication token has expired'),
      );
    } finally {
      now = NOW;
    }
  });

  test('is refused once it has expired', async () => {
    const token = await ghostToken({ expiresInSeconds: -1 });
    await expect(accessOf(token)).rejects.toMatchObject(
      refusal('authentication token has expired'),
    );
  });

  test.each([
    ['signed with another key', () => ghostToken({ key: 'some-other-key-of-some-size' })],
    ['signed with another algorithm', () => ghostToken({ alg: 'HS384' })],
    ['with scopes of another shape', () => ghostToken({ scopes: 'all' } as object)],
    [
      'without a signature',
      async () => new UnsecuredJWT({ scopes: [] }).setExpirationTime('1h').encode(),
    ],
    [
      'without an end',
      () =>
        new SignJWT({ scopes: [] })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(ADMIN)),
    ],
    ['that is no token', async () => 'p.abc'],
  ])('%s is refused', async (_, make) => {
    await expect(accessOf(await make())).rejects.toMatchObject(
      refusal('invalid authentication token'),
    );
  });
});

test('no token is refused', async () => {
  await expect(accessOf(undefined)).rejects.toMatchObject(
    refusal('authentication token is missing'),
  );
});
