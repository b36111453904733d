import { afterAll, beforeAll, expect, test } from 'vitest';
import { signAsGhost } from '../../src/index.ts';
import type { CdnService } from '../../src/service.ts';
import { cdnEnv, SECRET, startCdn, tell } from '../fixtures/cdn.ts';

const NOBODY = { apiUrl: 'http://127.0.0.1:9', token: 'token-that-nobody-asks-for' };
let cdn: CdnService;

beforeAll(async () => {
  cdn = await startCdn(cdnEnv(NOBODY, undefined));
});
afterAll(() => cdn.stop());

async function changes(outcome: string): Promise<number> {
  const text = await (await fetch(`${cdn.privateUrl}/metrics`)).text();
  const line = text
    .split('\n')
    .find((one) => one.includes(`source="webhook"`) && one.includes(`outcome="${outcome}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('forged, old and foreign webhooks are refused, and nothing is written down', async () => {
  const before = await changes('recorded');
  expect(await tell(cdn.url, { secret: 'secret-of-another-site' })).toBe(401);
  expect(await tell(cdn.url, { signature: 'sha256=00, t=1' })).toBe(401);
  expect(await tell(cdn.url, { at: Date.now() - 3_600_000 })).toBe(401);
  expect(await tell(cdn.url, { body: 'no event at all' })).toBe(400);
  expect(await changes('recorded')).toBe(before);
});

test('a webhook that comes again is answered and changes nothing', async () => {
  const before = await changes('recorded');
  const at = Date.now();
  expect(await tell(cdn.url, { at })).toBe(200);
  expect(await tell(cdn.url, { at })).toBe(200);
  expect(await changes('recorded')).toBe(before + 1);
  expect(await changes('duplicate')).toBeGreaterThanOrEqual(1);
});

test('what changes no page is answered and left', async () => {
  const before = await changes('recorded');
  expect(await tell(cdn.url, { body: '{"event":"member.added","member":{}}' })).toBe(200);
  expect(await changes('recorded')).toBe(before);
});

test('no other method and no other path is there, and a body without end is cut off', async () => {
  expect((await fetch(`${cdn.url}/webhooks/ghost`)).status).toBe(405);
  expect((await fetch(`${cdn.url}/`)).status).toBe(404);
  const body = Buffer.alloc(5 * 1024 ** 2);
  const signature = signAsGhost(body, SECRET);
  const answer = await fetch(`${cdn.url}/webhooks/ghost`, {
    method: 'POST',
    headers: { 'x-ghost-signature': signature },
    body,
  }).catch(() => undefined);
  // Whoever still writes may not see the answer.
  expect([413, undefined]).toContain(answer?.status);
});
