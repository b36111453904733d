import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { askAdapter } from '../../src/services/in-ghost.ts';

/** Until the test ends, what is run in Ghost's container runs here. */
function runHere(): void {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-docker-'));
  writeFileSync(join(dir, 'docker'), '#!/bin/sh\nshift 4\nexec "$@"\n', { mode: 0o755 });
  vi.stubEnv('PATH', `${dir}:${process.env['PATH']}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true });
  });
}

test('what asks in Ghost’s container takes little memory, and ends before Ghost where there is too little', async () => {
  runHere();
  vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=400');
  const score = existsSync('/proc/self/oom_score_adj')
    ? 'cat /proc/self/oom_score_adj'
    : 'echo 1000';
  const answer = `echo "[\\"$NODE_OPTIONS\\", $(${score})]"`;
  expect(await askAdapter('/', ['sh', '-c', answer])).toEqual([
    '--max-old-space-size=400 --max-old-space-size=96',
    1_000,
  ]);
});
