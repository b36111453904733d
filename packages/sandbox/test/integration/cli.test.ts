import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type SandboxProcess,
  spawnCli,
  startProcess,
  stopProcess,
  uploadBytes,
} from './sandbox-process.ts';

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
  expect(errors).toBe(
    `Cannot listen on 127.0.0.1:${port}. Another program has it: stop that one or choose another port.\n`,
  );
});

test('a folder that another sandbox uses ends it with what to do', async () => {
  running = await startProcess(dataDir);
  const { code, errors } = await failure({});
  expect(code).toBe(1);
  expect(errors).toContain('Stop the other sandbox that uses this folder, or choose another one.');
});

test('wrong options are all named at once', async () => {
  const { code, errors } = await failure({ PROSORA_SANDBOX_PORT: 'x', PROSORA_SANDBOX_SEED: '' });
  expect(code).toBe(1);
  expect(errors).toContain('PROSORA_SANDBOX_PORT: "x" is not accepted');
});
