import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, inject, onTestFinished, test } from 'vitest';
import { bootGhost, GHOST_VERSION, installGhost } from '../../../src/index.ts';

const { soak, seed } = inject('proof');
const LONGEST_LIFE_MS = 6000;

test(`an install killed with -9 (seed ${seed}) is finished by the next, once for all who ask`, async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'ghost-install-'));
  onTestFinished(() => rm(cacheDir, { recursive: true, force: true, maxRetries: 20 }));

  const livesMs = fc.sample(fc.nat(LONGEST_LIFE_MS), { seed, numRuns: soak ? 20 : 1 });
  for (const lifeMs of livesMs) {
    const { child } = startInstall(cacheDir);
    await once(child.stdout ?? child, 'data');
    await setTimeout(lifeMs);
    child.kill('SIGKILL');
    await once(child, 'close');
    if (!(await readdir(cacheDir)).includes(GHOST_VERSION)) continue;
    // It came to its end before the kill: what is in place has to be whole, and the next is new.
    expect(await install(cacheDir)).toEqual([]);
    await rm(join(cacheDir, GHOST_VERSION), { recursive: true });
  }

  const others = [startInstall(cacheDir), startInstall(cacheDir)];
  const lines = await install(cacheDir);
  for (const other of others) {
    await ended(other.child);
    lines.push(...other.lines);
  }
  expect(lines.filter((line) => line.includes('installed in'))).toHaveLength(1);
  expect((await readdir(cacheDir)).sort()).toEqual([GHOST_VERSION, `${GHOST_VERSION}.lock`]);

  await using ghost = await bootGhost({ install: await installGhost({ cacheDir }) });
  expect(ghost.version).toBe(GHOST_VERSION);
});

/** Installs in this process and resolves to what was said meanwhile. */
async function install(cacheDir: string): Promise<string[]> {
  const lines: string[] = [];
  await installGhost({ cacheDir, onProgress: (line) => lines.push(line) });
  return lines;
}

function startInstall(cacheDir: string): { child: ChildProcess; lines: string[] } {
  const script = join(import.meta.dirname, '../../fixtures/install.ts');
  const args = ['--conditions=@prosora/source', script, cacheDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return { child, lines };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'close');
  expect(child.exitCode).toBe(0);
}
