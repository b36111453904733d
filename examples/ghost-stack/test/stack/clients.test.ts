import { afterEach, describe, expect, test } from 'vitest';
import { askEdge } from './edge.ts';
import { type ForeignRequest, startForeignContainer } from './foreign-container.ts';
import { ensureOwner, OWNER } from './people.ts';
import { allHealthy, compose, DOMAIN, sql } from './stack.ts';

/** Ghost counts tries by address in the table `brute`: five, then 429. */
const TRIES = 8;

function wrongLogin(headers: Record<string, string> = {}): ForeignRequest {
  return {
    method: 'POST',
    path: '/ghost/api/admin/session/',
    headers: { 'content-type': 'application/json', origin: `https://${DOMAIN}`, ...headers },
    body: JSON.stringify({ username: OWNER.email, password: 'not the password' }),
  };
}

const forged = (n: number) => ({
  'x-forwarded-host': `forged-${n}.example.com`,
  'x-forwarded-proto': 'http',
  'x-forwarded-for': `198.51.100.${n}`,
  'x-real-ip': `198.51.100.${n}`,
  forwarded: `for=198.51.100.${n}`,
  'cf-connecting-ip': `198.51.100.${n}`,
  'true-client-ip': `198.51.100.${n}`,
});

const statusesOf = (answers: { status: number }[]) => answers.map(({ status }) => status);
const manyTries = (headers: (n: number) => Record<string, string>) =>
  Array.from({ length: TRIES }, (_, n) => wrongLogin(headers(n)));

afterEach(async () => {
  await sql('DELETE FROM brute');
});

test('a flood of logins from a container gets 429 whatever it says of its address, and others get in', async () => {
  await ensureOwner();
  await using attacker = await startForeignContainer('edge');
  await using somebody = await startForeignContainer('edge');
  const statuses = statusesOf(await attacker.ask(manyTries(forged)));
  expect(statuses[0]).toBe(422);
  expect(statuses.slice(-2)).toEqual([429, 429]);
  expect(statusesOf(await somebody.ask([wrongLogin()]))).toEqual([422]);
});

test('a flood of logins from outside gets 429 whatever it says of its address', async () => {
  await ensureOwner();
  const statuses: number[] = [];
  for (let n = 0; n < TRIES; n++) {
    const { path, ...request } = wrongLogin(forged(n));
    statuses.push((await askEdge(path, request)).status);
  }
  expect(statuses[0]).toBe(422);
  expect(statuses.slice(-2)).toEqual([429, 429]);
});

test('a flood of sign-up mails gets 429 by the true address, and others get theirs', async () => {
  await using attacker = await startForeignContainer('edge');
  await using somebody = await startForeignContainer('edge');
  const signUp = async (from: typeof attacker, count: number) => {
    const tokens = await from.ask(
      Array.from({ length: count }, () => ({ path: '/members/api/integrity-token/' })),
    );
    return await from.ask(
      tokens.map(({ text: integrityToken }, n) => ({
        method: 'POST',
        path: '/members/api/send-magic-link/',
        headers: { 'content-type': 'application/json', ...forged(n) },
        body: JSON.stringify({
          email: `flood-${from.address}-${n}@example.org`,
          emailType: 'signup',
          integrityToken,
        }),
      })),
    );
  };
  const statuses = statusesOf(await signUp(attacker, 10));
  expect(statuses[0]).toBe(201);
  expect(statuses.at(-1)).toBe(429);
  expect(statusesOf(await signUp(somebody, 1))).toEqual([201]);
});

describe('behind something that stands in front', () => {
  afterEach(async () => {
    await compose(['up', '--detach', '--wait', '--no-deps', 'caddy']);
    await allHealthy();
  });

  test('the address that Cloudflare names counts, and nobody else may name one', async () => {
    await ensureOwner();
    await using cdn = await startForeignContainer('edge');
    await using stranger = await startForeignContainer('edge');
    await compose(['up', '--detach', '--wait', '--no-deps', 'caddy'], {
      CDN: 'cloudflare',
      CDN_ADDRESSES: `${cdn.address}/32`,
    });
    const reader = (address: string) => (n: number) => ({
      ...forged(n),
      'cf-connecting-ip': address,
    });
    const flood = statusesOf(await cdn.ask(manyTries(reader('203.0.113.7'))));
    expect(flood[0]).toBe(422);
    expect(flood.slice(-2)).toEqual([429, 429]);
    expect(statusesOf(await cdn.ask([wrongLogin(reader('203.0.113.8')(0))]))).toEqual([422]);
    const strange = statusesOf(await stranger.ask(manyTries(forged)));
    expect(strange.slice(-2)).toEqual([429, 429]);
    // Ghost would answer as the host that the header names, or send the reader to https again.
    expect(statusesOf(await cdn.ask([{ path: '/', headers: forged(0) }]))).toEqual([200]);
  });

  test('the address that a proxy of ours adds counts, and none that the reader wrote before it', async () => {
    await ensureOwner();
    await using proxy = await startForeignContainer('edge');
    await compose(['up', '--detach', '--wait', '--no-deps', 'caddy'], {
      CDN: 'proxy',
      CDN_ADDRESSES: `${proxy.address}/32`,
    });
    const reader = (address: string) => (n: number) => ({
      ...forged(n),
      'x-forwarded-for': `198.51.100.${n}, ${address}`,
    });
    const flood = statusesOf(await proxy.ask(manyTries(reader('203.0.113.7'))));
    expect(flood[0]).toBe(422);
    expect(flood.slice(-2)).toEqual([429, 429]);
    expect(statusesOf(await proxy.ask([wrongLogin(reader('203.0.113.8')(0))]))).toEqual([422]);
  });
});
