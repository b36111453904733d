import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectSandbox, startSandbox } from '../../src/index.ts';
import {
  type SandboxProcess,
  spawnCli,
  startProcess,
  stopProcess,
  uploadBytes,
} from '../fixtures/sandbox-process.ts';

let dataDir: string;
let running: SandboxProcess | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'prosora-sandbox-'));
});
afterEach(async () => {
  if (running) await stopProcess(running.child, 'SIGKILL');
  running = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

async function failure(env: Record<string, string>) {
  const child = spawnCli({ PROSORA_SANDBOX_DATA_DIR: dataDir, ...env });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, errors };
}

test('what was uploaded is there after a stop and a start', async () => {
  running = await startProcess(dataDir);
  const bytes = new TextEncoder().encode('kept');
  await uploadBytes(running.cloudinary, bytes, { publicId: 'a/note.txt' });
  await stopProcess(running.child, 'SIGTERM');
  expect(running.child.exitCode).toBe(0);
  running = await startProcess(dataDir);
  const { deliveryUrl } = running.cloudinary.access;
  const response = await fetch(`${deliveryUrl}/raw/upload/v1/a/note.txt`);
  expect(await response.text()).toBe('kept');
});

test('a busy port ends it with one sentence', async () => {
  running = await startProcess(dataDir);
  const { port } = new URL(running.cloudinary.access['url'] ?? '');
  const other = join(dataDir, 'other');
  const { code, errors } = await failure({
    PROSORA_SANDBOX_PORT: port,
    PROSORA_SANDBOX_DATA_DIR: other,
  });
  expect(code).toBe(1);
  // That one, or one after it that somebody else has.
  expect(errors).toMatch(
    /^Cannot listen on 127\.0\.0\.1:\d+\. Another program has it: stop that one or choose another port\.\n$/,
  );
});

test('a folder that another sandbox uses ends it with what to do', async () => {
  running = await startProcess(dataDir);
  const { code, errors } = await failure({});
  expect(code).toBe(1);
  expect(errors).toContain('Stop the other sandbox that uses this folder, or choose another one.');
});

test('behind a proxy each stand-in gives out its own name there', async () => {
  const sandbox = await startSandbox({
    port: 0,
    dataDir,
    publicUrl: 'https://sandbox.blog.example.com/',
  });
  const { url, cloudinary, stripe } = sandbox;
  await sandbox.close();
  expect(url).toBe('https://sandbox.blog.example.com');
  expect(cloudinary.deliveryUrl).toBe('https://cloudinary.sandbox.blog.example.com/prosora');
  expect(stripe.url).toBe('https://stripe.sandbox.blog.example.com');
});

test('the site that is named hears of mail', async () => {
  const child = spawnCli({
    PROSORA_SANDBOX_DATA_DIR: dataDir,
    PROSORA_SANDBOX_SITE_URL: 'http://edge.example:8080',
  });
  const [greeting] = await once(child.stdout, 'data');
  const { vendors } = await connectSandbox(/Console\s+(\S+)/.exec(String(greeting))?.[1] ?? '');
  const settings = await vendors['resend']?.settings.get();
  await stopProcess(child, 'SIGTERM');
  expect(settings).toMatchObject({ webhookUrl: 'http://edge.example:8080/webhooks/resend' });
});

test('wrong options are all named at once', async () => {
  const { code, errors } = await failure({ PROSORA_SANDBOX_PORT: 'x', PROSORA_SANDBOX_SEED: '' });
  expect(code).toBe(1);
  expect(errors).toContain('PROSORA_SANDBOX_PORT: "x" is not accepted');
});
