import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bootGhost, createAdminClient, type RunningGhost } from '../../../src/index.ts';

test('a production site behind https is driven past its redirects, and kept in its folder', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ghost-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const boot = () =>
    bootGhost({
      dir,
      mode: 'production',
      url: 'https://example.com/blog/',
      preloads: [join(import.meta.dirname, '../../fixtures/print-greeting.mjs')],
      env: { GREETING: 'Ahoy' },
    });
  const open = (ghost: RunningGhost, path: string, headers = {}) =>
    fetch(ghost.listenUrl + path, { headers, redirect: 'manual' });
  {
    await using ghost = await boot();
    const admin = createAdminClient(ghost);
    await admin.setup();
    const { url } = await admin.posts.add({ title: 'Fog', status: 'published' });
    expect(url).toBe('https://example.com/blog/fog/');
    expect((await open(ghost, '/blog/fog/')).status).toBe(301);
  }
  await using ghost = await boot();
  const page = await open(ghost, '/blog/fog/', { 'x-forwarded-proto': 'https' });
  expect(await page.text()).toContain('<title>Fog</title>');
  expect(await readFile(ghost.logFile, 'utf8')).toContain('Ahoy from the preload');
});

test.each([
  [{ storage: { active: 'no-such-adapter' } }, /^Ghost could not boot: .+no-such-adapter/s],
  [{ url: 'no protocol' }, /^Ghost ended while booting \(exit code 1\).+provided with protocol/s],
])('a boot that fails tells what Ghost said: %j', async (config, words) => {
  const failure = await bootGhost({ config }).catch((error) => error);
  expect(failure).toMatchObject({ code: 'GHOST_BOOT_FAILED' });
  expect(failure.message).toMatch(words);
  await rm(join(failure.context.logFile, '..'), { recursive: true });
});

test('a boot that takes too long is ended', async () => {
  const failure = await bootGhost({ deadlineMs: 300 }).catch((error) => error);
  expect(failure).toMatchObject({ code: 'GHOST_BOOT_TIMEOUT' });
  await rm(join(failure.context.logFile, '..'), { recursive: true });
});

test('a busy port is named before anything starts', async () => {
  await using server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(bootGhost({ port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `Port ${port} is in use by another program.`,
  });
});

test('Ghost ends when its parent is killed', async () => {
  const parent = spawn(
    process.execPath,
    ['--conditions=@prosora/source', join(import.meta.dirname, '../../fixtures/boot-and-wait.ts')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const { pid, dir } = JSON.parse(line);
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  parent.kill('SIGKILL');
  await vi.waitUntil(() => !isRunning(pid), { timeout: 20_000 });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
