import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@prosora/sandbox';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bridgeEnv, serveBridge } from '../../fixtures/bridge-process.ts';
import { API_KEY, DOMAIN } from '../../fixtures/bridge-with-resend.ts';

const NEXT = 'the-key-that-comes-in-its-place';

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
  using bridge = await serveBridge({ env: { ...env, PROSORA_MAIL_API_KEY_FILE: file } });

  const statusOf = async (key: string) => {
    const authorization = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
    const url = `${bridge.url}/v3/${DOMAIN}/events?event=delivered`;
    return (await fetch(url, { headers: { authorization } })).status;
  };
  const reload = async (text: string) => {
    writeFileSync(file, text);
    const count = () => bridge.log.join('').split('service.').length;
    const before = count();
    bridge.child.kill('SIGHUP');
    await vi.waitUntil(() => count() > before);
  };
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([200, 401]);
  await reload(`${API_KEY},${NEXT}`);
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([200, 200]);
  await reload('short');
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([200, 200]);
  await reload(NEXT);
  expect([await statusOf(API_KEY), await statusOf(NEXT)]).toEqual([401, 200]);

  bridge.child.kill('SIGTERM');
  await once(bridge.child, 'exit');
  expect(bridge.log.join('')).toContain('service.not-reloaded');
  expect(bridge.log.join('')).not.toContain(API_KEY);
});
