import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withInstallLock } from '../../../src/install/install-lock.ts';

let file: string;

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'lock-')), 'ghost.lock');
});

afterEach(() => rm(join(file, '..'), { recursive: true }));

/** Another process that holds the lock until it reads something or dies. */
async function holdElsewhere(): Promise<ChildProcess> {
  const script = join(import.meta.dirname, '../../fixtures/hold-lock.ts');
  const args = ['--conditions=@prosora/source', script, file];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('callers in one process take turns', async () => {
  let inside = 0;
  const visits = [1, 2, 3].map((visitor) =>
    withInstallLock(
      file,
      () => {},
      async () => {
        expect(++inside).toBe(1);
        await new Promise(setImmediate);
        inside--;
        return visitor;
      },
    ),
  );
  expect(await Promise.all(visits)).toEqual([1, 2, 3]);
});

test.each([
  ['lets go', (holder: ChildProcess) => void holder.stdin?.write('go')],
  ['is killed', (holder: ChildProcess) => void holder.kill('SIGKILL')],
])('whoever waits is told, and goes on when the holder %s', async (_, end) => {
  const holder = await holdElsewhere();
  const events: string[] = [];
  const visit = withInstallLock(
    file,
    () => {
      events.push('waiting');
      end(holder);
    },
    async () => void events.push('inside'),
  );
  await visit;
  expect(events).toEqual(['waiting', 'inside']);
});

test('the lock is free again after work that failed', async () => {
  const failing = withInstallLock(
    file,
    () => {},
    () => Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  expect(
    await withInstallLock(
      file,
      () => {},
      async () => 'mine',
    ),
  ).toBe('mine');
});
