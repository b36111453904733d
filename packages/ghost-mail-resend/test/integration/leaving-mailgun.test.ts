import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { findingLine } from '@prosora/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkGhost, readGhostConfig } from '../../src/doctor/ghost.ts';
import { checkSignIn } from '../../src/doctor/sign-in.ts';
import { bridgeEnv, runVerb, serveBridge } from '../fixtures/bridge-process.ts';
import {
  API_KEY,
  DOMAIN,
  membersOf,
  newsletterForm,
  post,
  until,
} from '../fixtures/bridge-with-resend.ts';

let dir: string;
let sandbox: Sandbox;
let bridge: Awaited<ReturnType<typeof serveBridge>>;
let env: Record<string, string>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leaving-mailgun-'));
  const resend = { domains: [DOMAIN], settings: { requestsPerSecond: 500 } };
  sandbox = await startSandbox({ port: 0, dataDir: join(dir, 'sandbox'), vendors: { resend } });
  const { RESEND_WEBHOOK_SECRET: _later, ...rest } = bridgeEnv(sandbox.resend, join(dir, 'mail'));
  bridge = await serveBridge({ env: { ...rest, PROSORA_MAIL_SMTP_PORT: '0' } });
  env = {
    ...rest,
    PROSORA_MAIL_PUBLIC_URL: bridge.url,
    PROSORA_MAIL_SMTP_PORT: String(bridge.smtpPort),
  };
});
afterAll(async () => {
  bridge[Symbol.dispose]();
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

const doctor = (...args: string[]) => runVerb({ env }, ['doctor', ...args]);

const SITES = [{ name: 'ghost', apiKey: API_KEY, domains: [DOMAIN] }];

async function ghostConfig(mailgun: object | null, mail?: object): Promise<string> {
  const file = join(dir, 'config.production.json');
  const bulkEmail = mailgun === null ? {} : { bulkEmail: { mailgun } };
  await writeFile(file, JSON.stringify({ ...bulkEmail, mail }));
  return file;
}

describe('the page "Leaving Mailgun", step by step', () => {
  test('setup makes the webhook once, and the running bridge knows its secret', async () => {
    const before = await doctor();
    expect(before.exitCode).toBe(1);
    expect(before.output).toContain('✘ webhook secret: None is known');
    expect(before.output).toContain(`✔ public address: The bridge answers at ${bridge.url}/web`);
    const astray = { ...env, PROSORA_MAIL_PUBLIC_URL: sandbox.resend.url };
    expect((await runVerb({ env: astray }, ['doctor'])).output).toContain(
      '✘ public address: Something else answers (401) at',
    );
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
    expect((await doctor()).output).toContain('✔ suppressions: None were brought along');
    const file = join(dir, 'bounces.csv');
    await writeFile(file, 'address,code,error\nGone@example.org,550,"no, such user"\n');
    const { output } = await runVerb({ env }, ['import-suppressions', file]);
    expect(output).toContain('1 of 1 are on the suppression list of Resend.');
    expect(sandbox.resend.inbox.suppressions().map(({ email }) => email)).toEqual([
      'gone@example.org',
    ]);
    const complaints = join(dir, 'complaints.csv');
    await writeFile(complaints, 'address\none@example.org\ntwo@example.org\n');
    await runVerb({ env }, ['import-suppressions', complaints]);
    await runVerb({ env }, ['import-suppressions', file]);
    expect((await doctor()).output).toMatch(
      /✔ suppressions: Brought along: 1 from bounces\.csv at 20[^,]+Z, 2 from complaints\.csv at 20[^,]+Z\.\n/,
    );
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
      [{ ...own, baseUrl: '127.0.0.1:4200' }, 'It has to begin with http:// or https://'],
      [{ ...own, baseUrl: bridge.url, apiKey: 'other' }, 'is not that of the bridge'],
      [{ ...own, baseUrl: bridge.url, domain: 'x.example' }, 'Add it to PROSORA_MAIL_DOMAINS'],
      [{ ...own, baseUrl: 'http://127.0.0.1:1' }, 'Nothing answers at http://127.0.0.1:1'],
      [null, 'it uses the settings in Ghost Admin'],
    ] as const) {
      const read = readGhostConfig(await ghostConfig(config));
      const finding = await checkGhost(read, SITES);
      expect(findingLine(finding)).toMatch(/^✘/);
      expect(findingLine(finding)).toContain(sentence);
    }
    const back = await doctor('--ghost-config', await ghostConfig(null));
    expect(back.output).toContain('✘ Ghost: bulkEmail.mailgun is not complete in its config');
    expect(back.exitCode).toBe(1);
  });

  test('doctor tells which way sign-in mails go', async () => {
    const mailgun = { apiKey: API_KEY, domain: DOMAIN, baseUrl: bridge.url };
    const auth = { api_key: API_KEY, domain: DOMAIN };
    const smtp = { host: '127.0.0.1', port: bridge.smtpPort };
    const login = { user: 'ghost', pass: API_KEY };
    for (const [transport, options, line] of [
      ['Mailgun', { url: bridge.url, auth }, '✔ Ghost, sign-in mails: It reaches the bridge'],
      ['SMTP', { ...smtp, auth: login }, '✔ Ghost, sign-in mails: The bridge takes them at 127'],
    ] as const) {
      const file = await ghostConfig(mailgun, { transport, options });
      const { output, exitCode } = await doctor('--ghost-config', file);
      expect(output).toContain(line);
      expect(output).not.toContain(API_KEY);
      expect(exitCode).toBe(0);
    }
    for (const [transport, options, ok, sentence] of [
      ['Mailgun', { auth }, false, 'It sends through Mailgun (https://api.mailgun.net).'],
      ['Mailgun', { url: `${bridge.url}/v3`, auth }, false, 'End it after the port'],
      ['Mailgun', { url: bridge.url }, false, 'mail.options.auth.api_key is not that of'],
      ['Mailgun', { url: bridge.url, auth: { api_key: API_KEY } }, false, 'auth.domain "" is not'],
      ['SMTP', { ...smtp, auth: { ...login, pass: 'other' } }, false, 'auth.pass is not the key'],
      ['SMTP', { ...smtp, secure: true, auth: login }, false, 'correct mail.options.'],
      ['SMTP', { host: 'smtp.example.com', port: 587 }, true, 'its mail.options.port is 587'],
      ['Direct', {}, true, 'They do not go through the bridge: its mail.transport is "Direct".'],
    ] as const) {
      const read = readGhostConfig(await ghostConfig(mailgun, { transport, options }));
      const finding = await checkSignIn(read, SITES, bridge.smtpPort);
      expect(finding.status).toBe(ok ? 'ok' : 'fail');
      expect(findingLine(finding)).toContain(sentence);
    }
    const smtpOnly = readGhostConfig(
      await ghostConfig(mailgun, { transport: 'SMTP', options: smtp }),
    );
    expect((await checkSignIn(smtpOnly, SITES, undefined)).sentence).toContain(
      'PROSORA_MAIL_SMTP_PORT is not set.',
    );
    const none = readGhostConfig(await ghostConfig(mailgun));
    expect((await checkSignIn(none, SITES, bridge.smtpPort)).sentence).toContain(
      'through the bridge',
    );
  });

  test('a newsletter then goes out and its fate comes back by that webhook', async () => {
    const lab = { bridge: { url: bridge.url } as never };
    expect((await doctor()).output).toContain('✔ newsletters: None has come from Ghost yet.');
    await post(lab, newsletterForm(membersOf(3)));
    await until(() => sandbox.resend.inbox.list().length === 3);
    await until(() => sandbox.resend.pendingWebhooks() === 0);
    const { output } = await runVerb({ env }, ['status']);
    expect(output).toMatch(/delivered 3 .*\nchunks: all sent/);
    expect((await doctor()).output).toMatch(
      /✔ newsletters: The newest came at .*; chunks: all sent\./,
    );
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
