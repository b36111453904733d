import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const config = join(import.meta.dirname, 'fixtures/vitest.skipping.ts');

/** What a run of the fixture's tests prints, line by line. */
function linesOf(...args: string[]): string[] {
  const output = execFileSync('vitest', ['run', '--config', config, ...args], { encoding: 'utf8' });
  return output.trim().split('\n');
}

test('one line says for want of what tests were skipped and which command brings it', () => {
  expect(linesOf()).toEqual([
    'skipped without a reason: skipping.ts > forgotten',
    'Skipped for want of mariadb-server (2), caddy (1), root, to mount one (1), the moon is not full (1). `npm run programs` installs the programs among these.',
    '1 passed, 0 failed, 6 skipped',
  ]);
});

test('what a filter leaves out is not missed', () => {
  expect(linesOf('-t', 'passes')).toEqual(['1 passed, 0 failed, 6 skipped']);
});
