import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenedMailStore, openMailStore } from '../../src/store/store.ts';
import { type BridgeCommand, bridgeEnv, runVerb, serveBridge } from '../fixtures/bridge-process.ts';
import {
  API_KEY,
  acceptForm,
  delivered,
  membersOf,
  newsletterForm,
  post,
} from '../fixtures/bridge-with-resend.ts';

let dir: string;
let sandbox: Sandbox;
let command: BridgeCommand;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mail-cli-'));
  const resend = { domains: ['mg.lab.example.com'], settings: { requestsPerSecond: 500 } };
  sandbox = await startSandbox({ port: 0, dataDir: join(dir, 'sandbox'), vendors: { resend } });
  command = { env: bridgeEnv(sandbox.resend, join(dir, 'mail')) };
});
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

/** Changes the store that the verbs open. */
async function inStore<T>(work: (opened: OpenedMailStore) => Promise<T>): Promise<T> {
  const opened = await openMailStore({ dataDir: join(dir, 'mail'), mayBeNew: true });
  try {
    return await work(opened);
  } finally {
    await opened.store.close();
  }
}

describe('prosora-mail without a store', () => {
  const unmounted = () => ({
    env: { ...command.env, PROSORA_MAIL_DATA_DIR: join(dir, 'disk'), PROSORA_MAIL_NEW_STORE: '' },
  });

  test.each([['serve'], ['status'], ['setup']])('%s refuses and makes nothing', async (verb) => {
    const env = { ...unmounted().env, PROSORA_MAIL_PUBLIC_URL: 'https://mail.example.com' };
    const { exitCode, output } = await runVerb({ env }, [verb]);
    expect(exitCode).toBe(1);
    expect(output).toContain(`There is no ${join(dir, 'disk', 'mail.db')}`);
    expect(output).toContain('Run "prosora-mail init" once');
    expect(existsSync(join(dir, 'disk'))).toBe(false);
  });

  test('doctor says so and makes nothing', async () => {
    const { output } = await runVerb(unmounted(), ['doctor']);
    expect(output).toMatch(/✘ store: .*There is no .*"prosora-mail init"/);
    expect(existsSync(join(dir, 'disk'))).toBe(false);
  });

  test('init makes one, and the bridge serves with it from then on', async () => {
    for (const _again of [1, 2]) {
      expect(await runVerb(unmounted(), ['init'])).toMatchObject({ exitCode: 0 });
    }
    using bridge = await serveBridge(unmounted());
    expect((await fetch(`${bridge.privateUrl}/readyz`)).status).toBe(200);
  });
});

describe('prosora-mail', () => {
  test('serves, is healthy, counts, and stops on SIGTERM with nothing lost', async () => {
    using bridge = await serveBridge(command);
    const { child, url, privateUrl, log } = bridge;
    sandbox.resend.settings.set({ webhookUrl: `${url}/webhooks/resend` });
    expect(await post({ bridge: { url } as never }, newsletterForm(membersOf(3)))).toMatchObject({
      status: 200,
    });
    await delivered(sandbox.resend, 3);
    for (const path of ['/livez', '/readyz']) {
      expect((await fetch(privateUrl + path)).status).toBe(200);
    }
    const metrics = await (await fetch(`${privateUrl}/metrics`)).text();
    expect(metrics).toMatch(/prosora_mail_recipients_total\{outcome="accepted",service="mail"\} 3/);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(log.join('')).not.toContain(API_KEY);
  });

  test('status tells how far a newsletter is', async () => {
    const { exitCode, output } = await runVerb(command, ['status', '6b04ac398120085ae4c38cc2']);
    expect(output).toMatch(
      /^6b04ac398120085ae4c38cc2 .* accepted 3 {2}queued 0 {2}sent 3 {2}unknown 0 {2}canceled 0 {2}delivered 3/,
    );
    expect(output).toContain('chunks: all sent');
    expect(exitCode).toBe(0);
    expect(await runVerb(command, ['status', 'nothing'])).toMatchObject({ exitCode: 1 });
  });

  test('dead lists what was given up, and replay takes only what it knows', async () => {
    expect(await runVerb(command, ['dead'])).toEqual({ exitCode: 0, output: '' });
    expect(await runVerb(command, ['replay', 'nothing'])).toMatchObject({ exitCode: 1 });
  });

  test('erase says what there is of a reader, and takes it out when told so', async () => {
    const dry = await runVerb(command, ['erase', 'MEMBER0@example.org']);
    expect(dry.output).toMatch(/^1 mails to this reader.*\n1 things that Ghost was told/);
    expect(dry.output).toContain('To erase it, say so with --yes.');
    const again = await runVerb(command, ['erase', 'member0@example.org', '--yes']);
    expect(again.output).toMatch(/^1 mails to this reader/);
    expect(again.output).toContain('Erased.');
    const rest = await runVerb(command, ['erase', 'member0@example.org']);
    expect(rest.output).toMatch(/^0 mails to this reader/);
    expect(await runVerb(command, ['erase'])).toMatchObject({ exitCode: 2 });
  });

  test('trust-clock is heard by the bridge that looked at the clock', async () => {
    expect(await runVerb(command, ['trust-clock'])).toEqual({
      exitCode: 0,
      output: 'The clock is trusted: a running bridge hears it within a minute.\n',
    });
  });

  test('pause, resume and cancel say whom it is about', async () => {
    const emailId = 'waiting';
    await inStore(async (opened) => {
      await acceptForm(opened, newsletterForm(membersOf(3), { 'v:email-id': emailId }));
    });
    const said = async (verb: string) => (await runVerb(command, [verb, emailId])).output;
    expect(await said('pause')).toBe('3 recipients wait until it is resumed.\n');
    expect(await said('status')).toMatch(/^waiting .* {2}paused {2}accepted 3 {2}queued 3 /);
    expect(await said('resume')).toBe('3 recipients are being sent to.\n');
    expect(await said('cancel')).toBe('3 recipients get nothing.\n');
    expect(await said('status')).toMatch(/^waiting .* {2}canceled {2}accepted 3 {2}queued 0 /);
    expect(await said('resume')).toContain('was canceled for good');
  });

  test('dead lists what was given up with the reason, and replay tries it again', async () => {
    const id = await inStore(async (opened) => {
      await acceptForm(opened, newsletterForm(membersOf(1), { 'v:email-id': 'dead' }));
      const [job] = await opened.queues.chunks.claim(1, 60_000);
      if (job === undefined) throw new Error('nothing to send');
      await opened.queues.chunks.settle(job, { kind: 'dead', reason: 'Not verified.' });
      return job.id;
    });
    const line = new RegExp(`^${id}  dead  \\S+  Not verified\\.\\n$`);
    expect((await runVerb(command, ['dead'])).output).toMatch(line);
    expect(await runVerb(command, ['replay', id])).toEqual({
      exitCode: 0,
      output: `${id} will be tried again.\n`,
    });
    expect((await runVerb(command, ['dead'])).output).toBe('');
  });

  test('doctor says what is well and what to do about the rest', async () => {
    const without = await runVerb(command, ['doctor']);
    expect(without.exitCode).toBe(1);
    expect(without.output).toContain('✔ domain mg.lab.example.com: Resend has verified it.');
    expect(without.output).toContain('✘ webhook: No webhook at Resend ends in /webhooks/resend');
    await fetch(`${sandbox.resend.url}/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.resend.apiKey}` },
      body: JSON.stringify({ endpoint: 'https://mail.example.com/webhooks/resend' }),
    });
    expect(await runVerb(command, ['doctor'])).toMatchObject({ exitCode: 0 });
    const wrongKey = { env: { ...command.env, RESEND_API_KEY: 're_wrong_key' } };
    const wrong = await runVerb(wrongKey, ['doctor']);
    expect(wrong.output).toContain('✘ Resend key: Resend says: API key is invalid.');
    expect(wrong.output).not.toContain('re_wrong_key');
  });

  test('names every option that is missing', async () => {
    const { exitCode, output } = await runVerb({ env: {} }, []);
    expect(exitCode).toBe(1);
    expect(output).toContain('RESEND_API_KEY is required');
    const withKey = await runVerb({ env: { RESEND_API_KEY: 're_some_key' } }, []);
    expect(withKey.exitCode).toBe(1);
    for (const name of ['PROSORA_MAIL_API_KEY', 'PROSORA_MAIL_DOMAINS']) {
      expect(withKey.output).toContain(`${name} is required`);
    }
  });

  test('explains itself', async () => {
    expect(await runVerb({ env: {} }, ['--help'])).toMatchObject({ exitCode: 0 });
    const misspelt = await runVerb({ env: {} }, ['statsu']);
    expect(misspelt.exitCode).toBe(2);
    expect(misspelt.output).toContain('Did you mean "status"?');
    expect((await runVerb({ env: {} }, ['--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('a verb asks for no option but its own, and prints for a program', async () => {
    const { dataDir, env } = { dataDir: command.env['PROSORA_MAIL_DATA_DIR'] ?? '', ...command };
    const { output } = await runVerb({ env: { PROSORA_MAIL_DATA_DIR: dataDir } }, [
      'status',
      '--json',
    ]);
    expect(JSON.parse(output)).toMatchObject({ chunks: expect.any(String), alarms: [] });
    const findings = JSON.parse((await runVerb({ env }, ['doctor', '--json'])).output);
    expect(findings).toContainEqual({
      name: 'store',
      status: 'ok',
      sentence: 'It opens, and its tables are of this version.',
    });
  });
});
