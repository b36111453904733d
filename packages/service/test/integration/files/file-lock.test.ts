import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryFileLock } from '../../../src/index.ts';

const MODULE = new URL('../../../src/files/file-lock.ts', import.meta.url).href;

test('a lock is one process’s, until that ends in whatever way', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lock-')), 'lock');
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { tryFileLock } = await import('${MODULE}'); globalThis.lock = tryFileLock(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  expect(tryFileLock(file)).toBeUndefined();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  using lock = tryFileLock(file);
  expect(lock).toBeDefined();
});

test('a lock that is given back can be taken again in the same process', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lock-')), 'lock');
  tryFileLock(file)?.[Symbol.dispose]();
  using lock = tryFileLock(file);
  expect(lock).toBeDefined();
  expect(() => tryFileLock(join(file, 'not-a-folder'))).toThrow();
});
