import { expect, test } from 'vitest';
import { ADMIN_TOKEN, startTestEngine } from '../fixtures/test-engine.ts';

const NEXT = 'what-comes-in-its-place-of-32-or-more';

test('the admin token changes while the engine runs: both open it for a while, then the new one alone', async () => {
  await using engine = await startTestEngine();
  const statusOf = async (token: string) => {
    const url = `${engine.url}/v0/pipes/api_active_visitors.json?site_uuid=a`;
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
  };
  const both = async () => [await statusOf(ADMIN_TOKEN), await statusOf(NEXT)];
  const others = { trackerToken: undefined, siteTokens: undefined };
  expect(await both()).toEqual([200, 403]);
  engine.renewTokens({ ...others, adminToken: [ADMIN_TOKEN, NEXT] });
  expect(await both()).toEqual([200, 200]);
  expect(() =>
    engine.renewTokens({ adminToken: [NEXT], trackerToken: [NEXT], siteTokens: undefined }),
  ).toThrow('are the same');
  expect(await both()).toEqual([200, 200]);
  engine.renewTokens({ ...others, adminToken: [NEXT] });
  expect(await both()).toEqual([403, 200]);
});

test('so does the token of an operator', async () => {
  await using engine = await startTestEngine();
  const { dataDir } = engine;
  const opens = async (token: string) => {
    const url = `${engine.privateUrl}/operator/v1/status`;
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).ok;
  };
  expect(await opens(NEXT)).toBe(false);
  engine.renewOperatorTokens({ dataDir, operatorToken: `${ADMIN_TOKEN},${NEXT}` });
  expect([await opens(ADMIN_TOKEN), await opens(NEXT)]).toEqual([true, true]);
  engine.renewOperatorTokens({ dataDir, operatorToken: NEXT });
  expect([await opens(ADMIN_TOKEN), await opens(NEXT)]).toEqual([false, true]);
});
