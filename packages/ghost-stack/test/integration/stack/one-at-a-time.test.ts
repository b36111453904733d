import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAtWork, oneAtATime } from '../../../src/stack/one-at-a-time.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const HOLD = join(import.meta.dirname, '../../fixtures/hold.ts');

test('the second run is told who is at it, and after a kill the next one hears of the first', async () => {
  const dir = stackFolder('');
  const holder = spawn(process.execPath, ['--conditions=@prosora/source', HOLD, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(isAtWork(dir)).toBe(true);
  await expect(oneAtATime(dir, 'up', async () => {})).rejects.toMatchObject({
    code: 'BUSY',
    message: expect.stringMatching(
      /^`prosora secrets rotate mail_api_key` runs here since 20\d\d-/,
    ),
  });

  holder.kill('SIGKILL');
  await once(holder, 'exit');
  // Of what it left nothing is done any more.
  expect(isAtWork(dir)).toBe(false);
  const unfinished = await oneAtATime(dir, 'up', async (left) => left);
  expect(unfinished).toMatchObject({ command: 'secrets rotate mail_api_key' });
  expect(await oneAtATime(dir, 'up', async (left) => left)).toBeUndefined();
  expect(isAtWork(dir)).toBe(false);
});

test('what failed is over, and leaves nothing to finish', async () => {
  const dir = stackFolder('');
  await expect(oneAtATime(dir, 'up', () => Promise.reject(Error('no')))).rejects.toThrow('no');
  expect(await oneAtATime(dir, 'up', async (left) => left)).toBeUndefined();
});
