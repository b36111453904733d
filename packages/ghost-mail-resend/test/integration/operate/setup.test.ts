import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { Resend } from 'resend';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runVerb } from '../../fixtures/bridge-process.ts';

const PUBLIC_URL = 'https://blog.example';
const ENDPOINT = `${PUBLIC_URL}/webhooks/resend`;

let dir: string;
let sandbox: Sandbox;
let sdk: Resend;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mail-setup-'));
  sandbox = await startSandbox({ port: 0, dataDir: join(dir, 'sandbox') });
  sdk = new Resend(sandbox.resend.apiKey, { baseUrl: sandbox.resend.url });
});
beforeEach(async () => {
  await sandbox.reset();
  sandbox.resend.settings.set({ requestsPerSecond: 200 });
});
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

/** As `init` of the stack calls it: with no store, and the key where no list of processes shows it. */
async function setup(words: string[] = [], env: Record<string, string> = {}) {
  const given = {
    RESEND_API_KEY: sandbox.resend.apiKey,
    RESEND_BASE_URL: sandbox.resend.url,
    PROSORA_MAIL_PUBLIC_URL: PUBLIC_URL,
    ...env,
  };
  const verb = ['setup', '--domain', 'blog.example', '--show-secret', '--json', ...words];
  const { exitCode, output } = await runVerb({ env: given }, verb);
  return { exitCode, output, result: JSON.parse(output) };
}

const atResend = async () => ({
  domains: (await sdk.domains.list()).data?.data,
  webhooks: (await sdk.webhooks.list()).data?.data,
});

test('the domain and the webhook are made, with all records and the secret for the caller', async () => {
  sandbox.resend.settings.set({ dnsRecords: 'missing' });
  const { exitCode, result } = await setup();
  expect(exitCode).toBe(0);
  const { records } = result.domain;
  expect(records.map(({ use, type, name }: Record<string, string>) => [use, type, name])).toEqual([
    ['return path', 'MX', 'send'],
    ['SPF', 'TXT', 'send'],
    ['DKIM', 'TXT', 'resend._domainkey'],
    ['tracking', 'CNAME', 'links'],
    ['DMARC', 'TXT', '_dmarc'],
  ]);
  expect(result.domain).toMatchObject({ status: 'pending', existed: false });
  const { domains, webhooks } = await atResend();
  expect(domains).toMatchObject([{ open_tracking: true, click_tracking: false }]);
  const { data: webhook } = await sdk.webhooks.get(webhooks?.[0]?.id ?? '');
  expect(webhook).toMatchObject({ endpoint: ENDPOINT, signing_secret: result.secret });
  expect(webhook?.events).toContain('email.complained');
});

test('a second run changes nothing and hands the same secret', async () => {
  const { result: first } = await setup();
  const before = await atResend();
  const { result: again } = await setup();
  expect(await atResend()).toEqual(before);
  expect(again).toMatchObject({ existed: true, secret: first.secret, domain: { existed: true } });
});

test('a lost answer leaves nothing that the next run does not find', async () => {
  for (const path of ['^/domains$', '^/webhooks$']) {
    sandbox.resend.faults.set([
      { match: { method: 'POST', path, times: 1 }, fault: { dropAfterAccept: true } },
    ]);
    const { result } = await setup();
    expect(result.error.message).toBe('Resend cannot be reached, or did not answer.');
  }
  expect((await setup()).exitCode).toBe(0);
  const { domains, webhooks } = await atResend();
  expect([domains?.length, webhooks?.length]).toEqual([1, 1]);
});

test('a webhook that was switched off and lacks events is mended, and keeps its secret', async () => {
  const { data: made } = await sdk.webhooks.create({
    endpoint: ENDPOINT,
    events: ['email.clicked', 'email.opened'],
  });
  await sdk.webhooks.update(made?.id ?? '', { status: 'disabled' });
  const { result } = await setup();
  expect(result).toMatchObject({ existed: true, secret: made?.signing_secret });
  const { data: webhook } = await sdk.webhooks.get(made?.id ?? '');
  expect(webhook?.status).toBe('enabled');
  expect(webhook?.events).toEqual(expect.arrayContaining(['email.clicked', 'email.bounced']));
});

test('with --wait it comes back when the domain is verified', async () => {
  sandbox.resend.settings.set({ verifyAfterMs: 1_000 });
  const { result } = await setup(['--wait', '1']);
  expect(result.domain.status).toBe('verified');
  expect(result.domain.records[0].status).toBe('verified');
});

test('a person reads the records, and no secret', async () => {
  const env = {
    RESEND_API_KEY: sandbox.resend.apiKey,
    RESEND_BASE_URL: sandbox.resend.url,
    PROSORA_MAIL_PUBLIC_URL: PUBLIC_URL,
    PROSORA_MAIL_DATA_DIR: join(dir, 'store'),
    PROSORA_MAIL_NEW_STORE: 'yes',
  };
  const { output } = await runVerb({ env }, ['setup', '--domain', 'mail.blog.example']);
  expect(output).toMatch(/^DMARC +TXT +_dmarc\.mail {2}v=DMARC1; p=none;$/m);
  expect(output).toMatch(/^return path +MX +send\.mail {2}10 feedback-smtp\./m);
  expect(output).not.toMatch(/whsec_/);
});

test.each([
  ['a key that may only send', 'The key of Resend may only send. Make a key with "Full access"'],
  ['a wrong key', 'Resend does not know the key.'],
  ['a domain of another team', 'Another team has it'],
  ['more domains than the plan has', 'take a larger plan'],
  ['a Resend that is away', 'Resend cannot be reached, or did not answer.'],
])('%s is refused with its remedy, and nothing is made', async (what, sentence) => {
  const { resend } = sandbox;
  const makeWrong: Record<string, () => Record<string, string>> = {
    'a key that may only send': () => ({ RESEND_API_KEY: resend.sendingKey }),
    'a wrong key': () => ({ RESEND_API_KEY: 're_wrong' }),
    'a domain of another team': () => {
      resend.settings.set({ foreignDomains: ['blog.example'] });
      return {};
    },
    'more domains than the plan has': () => {
      resend.settings.set({ domainLimit: 0 });
      return {};
    },
    'a Resend that is away': () => ({ RESEND_BASE_URL: 'http://127.0.0.1:1' }),
  };
  const { exitCode, result, output } = await setup([], makeWrong[what]?.());
  expect(exitCode).toBe(1);
  expect(`${result.error.message} ${result.error.help}`).toContain(sentence);
  expect(output).not.toContain('re_wrong');
  expect(await atResend()).toEqual({ domains: [], webhooks: [] });
});
