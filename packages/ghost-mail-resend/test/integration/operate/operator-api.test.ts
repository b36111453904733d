import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { createOperatorClient, findOperatorTokens } from '@prosora/service';
import { freePort } from '@prosora/service/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailOperations } from '../../../src/operate/operations.ts';
import { bridgeEnv, runVerb, serveBridge } from '../../fixtures/bridge-process.ts';
import {
  DOMAIN,
  delivered,
  membersOf,
  newsletterForm,
  post,
  until,
} from '../../fixtures/bridge-with-resend.ts';

const EMAIL_ID = '6b04ac398120085ae4c38cc2';

let dir: string;
let sandbox: Sandbox;
let env: Record<string, string>;
let bridge: Awaited<ReturnType<typeof serveBridge>>;
let tokens: { read: string; write: string };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mail-operator-'));
  const resend = { domains: [DOMAIN], settings: { requestsPerSecond: 500 } };
  sandbox = await startSandbox({ port: 0, dataDir: join(dir, 'sandbox'), vendors: { resend } });
  env = {
    ...bridgeEnv(sandbox.resend, join(dir, 'mail')),
    PROSORA_MAIL_PRIVATE_PORT: String(await freePort()),
  };
  bridge = await serveBridge({ env });
  sandbox.resend.settings.set({ webhookUrl: `${bridge.url}/webhooks/resend` });
  tokens = findOperatorTokens({ dataDir: join(dir, 'mail') }) ?? { read: '', write: '' };
  await post({ bridge: { url: bridge.url } as never }, newsletterForm(membersOf(120)));
  await delivered(sandbox.resend, 120);
});
afterAll(async () => {
  bridge[Symbol.dispose]();
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

const client = (token: string) =>
  createOperatorClient(mailOperations, { url: bridge.privateUrl, token, caller: 'a test' });

async function raw(path: string, init: RequestInit & { token?: string } = {}) {
  const { token, ...rest } = init;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(`${bridge.privateUrl}/operator/v1/${path}`, { ...rest, headers });
  return { status: response.status, text: await response.text() };
}

describe('the operator API of a running bridge', () => {
  test('shows nothing and does nothing without its token', async () => {
    for (const [name, { access }] of Object.entries(mailOperations)) {
      const method = access === 'write' ? 'POST' : 'GET';
      for (const token of ['', 'x'.repeat(43), env['PROSORA_MAIL_API_KEY'] ?? '']) {
        expect((await raw(name, { method, token })).status).toBe(401);
      }
    }
    expect((await fetch(`${bridge.url}/operator/v1/status`)).status).toBe(404);
  });

  test('lets the token for reading change nothing', async () => {
    const writes = Object.entries(mailOperations).filter(([, { access }]) => access === 'write');
    expect(writes.map(([name]) => name)).toEqual([
      'erase',
      'pause',
      'resume',
      'cancel',
      'replay',
      'trustClock',
    ]);
    for (const [name] of writes) {
      expect((await raw(name, { method: 'POST', token: tokens.read, body: '{}' })).status).toBe(
        403,
      );
    }
    expect(await client(tokens.read).ask('status', {})).toMatchObject({
      isReady: true,
      failures: [],
      metrics: expect.arrayContaining([expect.objectContaining({ value: 0 })]),
      chunks: {},
    });
  });

  test.each([
    ['recipients', '', 'emailId'],
    ['recipients', `emailId=${EMAIL_ID}&limit=0`, 'limit'],
    ['recipients', `emailId=${EMAIL_ID}&state=lost`, 'state'],
    ['recipients', `emailId=${EMAIL_ID}&after=x`, 'after'],
    ['mails', 'since=yesterday', 'since'],
    ['mails', 'lane=newsletter', 'lane'],
    ['jobs', 'state=given-up', 'state'],
    ['jobs', 'after=1', 'after'],
    ['suppressions', 'address=somebody', 'address'],
    ['mail', 'id=1', 'id'],
  ])('names the field of %s?%s that is wrong', async (name, query, field) => {
    const { status, text } = await raw(`${name}?${query}`, { token: tokens.read });
    expect(status).toBe(400);
    expect(JSON.parse(text).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(new RegExp(`^${field}: `)),
    });
  });

  test('says what is wrong with a newsletter that it does not hold, or that was canceled', async () => {
    const { ask } = client(tokens.write);
    for (const name of ['newsletter', 'pause', 'resume', 'cancel'] as const) {
      await expect(ask(name, { emailId: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await post(
      { bridge: { url: bridge.url } as never },
      newsletterForm(['one@example.org'], { 'v:email-id': 'canceled' }),
    );
    await ask('cancel', { emailId: 'canceled' });
    const body = JSON.stringify({ emailId: 'canceled' });
    const again = await raw('resume', { method: 'POST', token: tokens.write, body });
    expect(again.status).toBe(409);
  });

  test('does what its verbs do, and logs who asked without whom it was about', async () => {
    const { ask } = client(tokens.write);
    const at = new Date(Date.now() + 3_600_000).toUTCString();
    const later = newsletterForm(membersOf(3), { 'v:email-id': 'later', 'o:deliverytime': at });
    await post({ bridge: { url: bridge.url } as never }, later);
    expect(await ask('pause', { emailId: 'later' })).toEqual({ emailId: 'later', recipients: 3 });
    expect(await ask('newsletter', { emailId: 'later' })).toMatchObject({ decision: 'paused' });
    expect(await ask('resume', { emailId: 'later' })).toEqual({ emailId: 'later', recipients: 3 });
    expect(await ask('newsletter', { emailId: 'later' })).toMatchObject({ decision: null });
    expect(await ask('cancel', { emailId: 'later' })).toEqual({ emailId: 'later', recipients: 3 });
    expect(await ask('newsletter', { emailId: 'later' })).toMatchObject({ canceled: 3 });
    expect(await ask('replay', { ids: ['nothing'] })).toEqual({
      again: [],
      asked: [],
      missing: ['nothing'],
    });
    expect(await ask('trustClock', {})).toEqual({ machines: 1 });
    const address = 'Member7@example.org';
    expect(await ask('traces', { address })).toMatchObject({ recipients: 1, events: 1 });
    expect(await ask('erase', { address })).toMatchObject({ recipients: 1, events: 1 });
    expect(await ask('traces', { address })).toMatchObject({ recipients: 0, events: 0 });
    const log = bridge.log.join('');
    for (const operation of ['pause', 'resume', 'cancel', 'replay', 'trustClock', 'erase']) {
      expect(log).toContain(`"operation":"${operation}","caller":"a test"`);
    }
    expect(log.toLowerCase()).not.toContain('member7@example.org');
  });

  test('shows what doctor finds from inside, and no secret anywhere', async () => {
    const { ask } = client(tokens.read);
    const { findings } = await ask('doctor', {});
    expect(findings).toContainEqual({
      name: 'store',
      status: 'ok',
      sentence: 'It opens, and its tables are of this version.',
    });
    const shown = JSON.stringify([
      findings,
      await ask('status', {}),
      await ask('recipients', { emailId: EMAIL_ID }),
      await ask('jobs', { state: 'done' }),
      bridge.log,
    ]);
    const secrets = ['RESEND_API_KEY', 'RESEND_WEBHOOK_SECRET', 'PROSORA_MAIL_API_KEY'];
    for (const secret of [...secrets.map((name) => env[name] ?? ''), tokens.read, tokens.write]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(shown).not.toContain(secret);
    }
  });
});

describe('a verb', () => {
  const logged = (operation: string) =>
    bridge.log.join('').split(`"operation":"${operation}","caller":"`).length - 1;

  test('asks the bridge that runs, which logs who asked', async () => {
    const before = logged('trustClock');
    const said = await runVerb({ env }, ['trust-clock']);
    expect(said).toEqual({
      exitCode: 0,
      output: 'The clock is trusted: a running bridge hears it within a minute.\n',
    });
    await until(() => logged('trustClock') === before + 1);
    expect(bridge.log.join('')).toMatch(/"caller":"\S+ at the command line"/);
  });

  test('takes the token alone where it does not see the data folder', async () => {
    const { PROSORA_MAIL_PRIVATE_PORT = '' } = env;
    const elsewhere = {
      PROSORA_MAIL_DATA_DIR: join(dir, 'elsewhere'),
      PROSORA_MAIL_PRIVATE_PORT,
      PROSORA_MAIL_OPERATOR_TOKEN: tokens.write,
    };
    const { output } = await runVerb({ env: elsewhere }, ['status', EMAIL_ID]);
    expect(output).toMatch(new RegExp(`^${EMAIL_ID} .* accepted 1\\d\\d `));
    const wrong = { ...elsewhere, PROSORA_MAIL_OPERATOR_TOKEN: 'x'.repeat(32) };
    const refused = await runVerb({ env: wrong }, ['status']);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.output).toContain('The operator API wants its token');
  });

  test('exports a list of any length as JSON that is whole, and as CSV', async () => {
    const { output } = await runVerb({ env }, ['export', EMAIL_ID, '--json']);
    const exported = JSON.parse(output);
    expect(exported.length).toBeGreaterThan(100);
    expect(exported[0]).toMatchObject({ address: 'member0@example.org', state: 'sent' });
    const csv = await runVerb({ env }, ['export', EMAIL_ID]);
    expect(csv.output.trim().split('\n')).toHaveLength(exported.length + 1);
    expect((await runVerb({ env }, ['export', 'nothing', '--json'])).output).toBe('[]\n');
  });

  test('says the same of a bridge that was stopped, and works on its store', async () => {
    const verbs = [
      ['status', EMAIL_ID],
      ['export', EMAIL_ID],
      ['dead'],
      ['erase', 'a@example.org'],
    ];
    const say = async () => Promise.all(verbs.map((verb) => runVerb({ env }, verb)));
    const running = await say();
    bridge.child.kill('SIGKILL');
    await until(async () => !(await fetch(bridge.privateUrl).catch(() => undefined)));
    expect(await say()).toEqual(running);
    expect((await runVerb({ env }, ['pause', EMAIL_ID])).output).toContain('0 recipients wait');
    expect((await runVerb({ env }, ['status', EMAIL_ID])).output).toContain('  paused  ');
  });
});
