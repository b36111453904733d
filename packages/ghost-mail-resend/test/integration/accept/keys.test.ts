import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@prosora/sandbox';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bridgeEnv, serveBridge } from '../../fixtures/bridge-process.ts';
import { API_KEY, DOMAIN } from '../../fixtures/bridge-with-resend.ts';

const NEXT = 'the-key-that-comes-in-its-place';
/** What opens the operator API. */
const [FORMER_TOKEN, NEXT_TOKEN] = ['f'.repeat(32), 'n'.repeat(32)];

test('a key changes while the bridge runs: both are taken for a while, then the new one alone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mail-keys-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  await using sandbox = await startSandbox({
    port: 0,
    dataDir: join(dir, 'sandbox'),
    vendors: { resend: {} },
  });
  const file = join(dir, 'api-key');
  writeFileSync(file, API_KEY);
  const { PROSORA_MAIL_API_KEY: _key, ...env } = bridgeEnv(sandbox.resend, join(dir, 'mail'));
  const tokenFile = join(dir, 'operator-token');
  writeFileSync(tokenFile, FORMER_TOKEN);
  const files = { PROSORA_MAIL_API_KEY_FILE: file, PROSORA_MAIL_OPERATOR_TOKEN_FILE: tokenFile };
  using bridge = await serveBridge({ env: { ...env, ...files } });

  const statusOf = async (key: string) => {
    const authorization = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
    const url = `${bridge.url}/v3/${DOMAIN}/events?event=delivered`;
    return (await fetch(url, { headers: { authorization } })).status;
  };
  const opens = async (token: string) => {
    const url = `${bridge.privateUrl}/operator/v1/status`;
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).ok;
  };
  const reload = async (text: string, token = FORMER_TOKEN) => {
    writeFileSync(file, text);
    writeFileSync(tokenFile, token);
    const count = () => bridge.log.join('').split('service.').length;
    const before = count();
    bridge.child.kill('SIGHUP');
    await vi.waitUntil(() => count() > before);
  };
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([200, 401]);
  await reload(`${API_KEY},${NEXT}`, `${FORMER_TOKEN},${NEXT_TOKEN}`);
  expect([await opens(FORMER_TOKEN), await opens(NEXT_TOKEN)]).toEqual([true, true]);
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([200, 200]);
  await reload('short');
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([200, 200]);
  await reload(NEXT, NEXT_TOKEN);
  expect([await opens(FORMER_TOKEN), await opens(NEXT_TOKEN)]).toEqual([false, true]);
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([401, 200]);

  bridge.child.kill('SIGTERM');
  await once(bridge.child, 'exit');
  expect(bridge.log.join('')).toContain('service.not-reloaded');
  expect(bridge.log.join('')).not.toContain(API_KEY);
});
