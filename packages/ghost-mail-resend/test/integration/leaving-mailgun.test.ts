import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkGhost, readGhostConfig } from '../../src/doctor-ghost.ts';
import { bridgeEnv, runVerb, serveBridge } from '../bridge-process.ts';
import { API_KEY, DOMAIN, membersOf, newsletterForm, post, until } from '../bridge-with-resend.ts';

let dir: string;
let sandbox: Sandbox;
let bridge: Awaited<ReturnType<typeof serveBridge>>;
let env: Record<string, string>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leaving-mailgun-'));
  const resend = { domains: [DOMAIN], settings: { requestsPerSecond: 500 } };
  sandbox = await startSandbox({ port: 0, dataDir: join(dir, 'sandbox'), vendors: { resend } });
  const { RESEND_WEBHOOK_SECRET: _later, ...rest } = bridgeEnv(sandbox.resend, join(dir, 'mail'));
  bridge = await serveBridge({ env: rest });
  env = { ...rest, PROSORA_MAIL_PUBLIC_URL: bridge.url };
});
afterAll(async () => {
  bridge[Symbol.dispose]();
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

const doctor = (...args: string[]) => runVerb({ env }, ['doctor', ...args]);

async function ghostConfig(mailgun: object | null): Promise<string> {
  const file = join(dir, 'config.production.json');
  await writeFile(file, JSON.stringify(mailgun === null ? {} : { bulkEmail: { mailgun } }));
  return file;
}

describe('the page "Leaving Mailgun", step by step', () => {
  test('setup makes the webhook once, and the running bridge knows its secret', async () => {
    const before = await doctor();
    expect(before.exitCode).toBe(1);
    expect(before.output).toContain('✘ webhook secret: None is known');
    const { output } = await runVerb({ env }, ['setup']);
    expect(output).toContain(
      `Resend reports to ${bridge.url}/webhooks/resend; its secret is stored.`,
    );
    expect((await runVerb({ env }, ['setup'])).output).toContain('already');
    const after = await doctor();
    expect(after.output).toMatch(/✔ webhook secret.*\n[\s\S]*✔ webhook: Resend reports/);
    expect(after.exitCode).toBe(0);
    expect(output + before.output + after.output).not.toMatch(/whsec_/);
  });

  test('suppressions of Mailgun come along', async () => {
    const file = join(dir, 'bounces.csv');
    await writeFile(file, 'address,code,error\nGone@example.org,550,"no, such user"\n');
    const { output } = await runVerb({ env }, ['import-suppressions', file]);
    expect(output).toContain('1 of 1 are on the suppression list of Resend.');
    expect(sandbox.resend.inbox.suppressions().map(({ email }) => email)).toEqual([
      'gone@example.org',
    ]);
  });

  test('doctor tells where Ghost sends: to Mailgun, to the bridge, and back', async () => {
    const own = { apiKey: API_KEY, domain: DOMAIN };
    const mailgun = await ghostConfig({ ...own, baseUrl: 'https://api.eu.mailgun.net/v3' });
    expect((await doctor('--ghost-config', mailgun)).output).toContain(
      '✘ Ghost: It sends through Mailgun (https://api.eu.mailgun.net).',
    );
    const over = await ghostConfig({ ...own, baseUrl: `${bridge.url}/v3` });
    const there = await doctor('--ghost-config', over);
    expect(there.output).toContain('✔ Ghost: It reaches the bridge');
    expect(there.exitCode).toBe(0);
    for (const [config, sentence] of [
      [{ ...own, baseUrl: '127.0.0.1:4200' }, 'it has to begin with http:// or https://'],
      [{ ...own, baseUrl: bridge.url, apiKey: 'other' }, 'is not that of the bridge'],
      [{ ...own, baseUrl: bridge.url, domain: 'x.example' }, 'add it to PROSORA_MAIL_DOMAINS'],
      [{ ...own, baseUrl: 'http://127.0.0.1:1' }, 'Nothing answers at http://127.0.0.1:1'],
      [null, 'it uses the settings in Ghost Admin'],
    ] as const) {
      const read = readGhostConfig(await ghostConfig(config));
      const [finding] = await checkGhost(read, [
        { name: 'ghost', apiKey: API_KEY, domains: [DOMAIN] },
      ]);
      expect(finding).toMatchObject({ ok: false, sentence: expect.stringContaining(sentence) });
    }
  });

  test('a newsletter then goes out and its fate comes back by that webhook', async () => {
    const lab = { bridge: { url: bridge.url } as never };
    await post(lab, newsletterForm(membersOf(3)));
    await until(() => sandbox.resend.inbox.list().length === 3);
    await until(() => sandbox.resend.pendingWebhooks() === 0);
    const { output } = await runVerb({ env }, ['status']);
    expect(output).toMatch(/delivered 3 .*\nchunks: all sent/);
    const exported = await runVerb({ env }, ['export', '6b04ac398120085ae4c38cc2']);
    expect(exported.output).toMatch(/^address,state,resend_id,events,code,reason\nmember0@/);
  });

  test('a click that Resend would count is warned of', async () => {
    const listed = (await (await asTeam('/domains')).json()) as { data: { id: string }[] };
    await asTeam(`/domains/${listed.data[0]?.id}`, {
      method: 'PATCH',
      body: '{"click_tracking":true}',
    });
    expect((await doctor()).output).toContain(`✘ clicks of ${DOMAIN}: Click tracking is on`);
  });
});

function asTeam(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${sandbox.resend.apiKey}` };
  return fetch(sandbox.resend.url + path, { ...init, headers });
}
