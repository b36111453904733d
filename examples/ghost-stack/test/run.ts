// npm run test:stack: builds the stack's images, brings it up in containers, twice, and tests both beside each other.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Runs the tests of some projects with the words given. @returns how that ended, and what it said where it is not shown */
async function tests(
  projects: readonly string[],
  { isShown, env = {} }: { isShown: boolean; env?: Record<string, string> },
): Promise<{ code: number; said: string }> {
  // Of two runs that share the cache, the one that clears it takes from the other what that is about to read: the
  // rehearsal of a release has just changed the lockfile, so both begin by clearing it.
  const words = ['--fsModuleCache=false', ...projects.flatMap((name) => ['--project', name])];
  const child = spawn(
    process.execPath,
    ['scripts/run-tests.ts', ...words, ...process.argv.slice(2)],
    {
      cwd: ROOT,
      stdio: ['inherit', isShown ? 'inherit' : 'pipe', 'inherit'],
      env: { ...process.env, PROSORA_STACK: process.env['PROSORA_STACK'] ?? 'test', ...env },
    },
  );
  const [[code], said] = await Promise.all([
    once(child, 'close'),
    child.stdout ? text(child.stdout) : '',
  ]);
  return { code: code ?? 1, said };
}

const engine = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], {
  encoding: 'utf8',
});
if (engine.status !== 0) {
  console.error(
    'npm run test:stack needs a Docker engine, and none answers: start it and try again.',
  );
  process.exit(1);
}

/** Both projects beside each other. What needs quiet in the first waits until the second is over. */
async function besideEachOther(): Promise<number> {
  const isBeside = mkdtempSync(path.join(tmpdir(), 'prosora-beside-'));
  const second = tests(['stack-beside'], { isShown: false }).finally(() => {
    rmSync(isBeside, { recursive: true });
  });
  const env = { PROSORA_STACK_BESIDE: isBeside };
  const runs = await Promise.all([tests(['stack'], { isShown: true, env }), second]);
  for (const { said } of runs) process.stdout.write(said);
  return Math.max(...runs.map(({ code }) => code));
}

// What is asked for by name is little: one after the other.
const isAll = process.argv.length === 2;
process.exitCode = isAll
  ? await besideEachOther()
  : (await tests(['stack', 'stack-beside'], { isShown: true })).code;
