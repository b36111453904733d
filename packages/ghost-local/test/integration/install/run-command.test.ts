import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withInstallLock } from '../../../src/install/install-lock.ts';
import { runCommand } from '../../../src/install/run-command.ts';

let dir: string;
let lockFile: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'command-'));
  lockFile = join(dir, 'command.lock');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const nodeCommand = (script: string) =>
  runCommand(process.execPath, ['-e', script], { cwd: dir, lockFile });

test('a command says how it ended and what its last lines were', async () => {
  const script = 'console.log("one\\n\\ntwo"); console.error(process.cwd()); process.exitCode = 3;';
  const { exitCode, lastLines } = await nodeCommand(script);
  expect(exitCode).toBe(3);
  expect(lastLines.sort()).toEqual([dir, 'one', 'two']);
});

test('a command that a signal ends has no exit code', async () => {
  const { exitCode } = await nodeCommand(
    'process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 1e6)',
  );
  expect(exitCode).toBeNull();
});

test('a command that is not there is an error with the code of the system', async () => {
  const running = runCommand('no-such-command', [], { cwd: dir, lockFile });
  await expect(running).rejects.toMatchObject({ code: 'ENOENT' });
});

test('two commands follow each other under one lock, and it is held while one runs', async () => {
  await nodeCommand('');
  const held: boolean[] = [];
  let running: Promise<unknown> = Promise.resolve();
  await new Promise<void>((started) => {
    const options = { cwd: dir, lockFile, onLine: () => started() };
    running = runCommand(
      process.execPath,
      ['-e', 'console.log(1); setTimeout(() => {}, 500)'],
      options,
    );
  });
  await withInstallLock(
    lockFile,
    () => held.push(true),
    async () => undefined,
  );
  expect(held).toEqual([true]);
  await running;
});

test('what a process ran that is killed has ended once its lock is free, and does not come back', async () => {
  // As pnpm does: a process starts another one, which makes whatever folder is missing and writes on.
  const workshop = join(dir, 'workshop', 'deep');
  const writing = `while :; do mkdir -p ${workshop}; echo more >> ${workshop}/file; done`;
  const fixture = join(import.meta.dirname, '../../fixtures/run-command.ts');
  const args = [
    '--conditions=@prosora/source',
    fixture,
    lockFile,
    'sh',
    '-c',
    `(${writing}); exit`,
  ];
  const parent = spawn(process.execPath, args, { cwd: dir, stdio: 'ignore' });
  while (!existsSync(join(workshop, 'file'))) await setTimeout(20);

  parent.kill('SIGKILL');
  await once(parent, 'close');
  await withInstallLock(
    lockFile,
    () => {},
    async () => {
      const { size } = await stat(join(workshop, 'file'));
      await setTimeout(300);
      expect((await stat(join(workshop, 'file'))).size).toBe(size);
      await rm(join(dir, 'workshop'), { recursive: true });
    },
  );
  await setTimeout(300);
  expect(existsSync(workshop)).toBe(false);
});
