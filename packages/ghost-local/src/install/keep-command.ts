import { spawn } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';

/**
 * Run by `runCommand` as a process of its own, between an install and a command:
 * `keep-command.ts <lock file> <command> [argument…]`.
 *
 * Whoever is killed with SIGKILL cannot end what it started. This process can: it holds the lock, starts
 * the command in a process group of its own, and ends the whole group when its parent is gone. The lock is
 * free again once nothing of the command is left.
 */
const [lockFile = '', command = '', ...args] = process.argv.slice(2);

/** What is told to the parent at the end. */
export type KeptCommandEnd = { exitCode: number | null } | { error: { code: string } };

const lock = new DatabaseSync(lockFile, { timeout: 0 });
lock.exec('BEGIN EXCLUSIVE');

// Ctrl-C reaches the whole group of the terminal. The parent decides whether that is the end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Nobody reads any more.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Started by a word from the parent, which lives and has its own lock then: no other install can have taken
// the folder for a leftover before ours was locked.
process.once('message', () => {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (text) => process.stdout.write(text));
  child.stderr.on('data', (text) => process.stderr.write(text));
  const endGroup = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
  process.once('disconnect', endGroup);
  let failure: KeptCommandEnd | undefined;
  child.once('error', ({ code = 'ENOENT' }: NodeJS.ErrnoException) => {
    failure = { error: { code } };
  });
  // Not `exit`: a process that it started and that holds its output may still be there.
  child.once('close', (exitCode) => {
    process.off('disconnect', endGroup);
    if (process.connected) process.send?.(failure ?? { exitCode }, () => process.disconnect());
    lock.close();
  });
});
process.send?.('ready');
