import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { startCallee } from '../fixtures/callee.ts';
import { passForGhost } from '../fixtures/ghost-process.ts';

await passForGhost();
const { default: DurableScheduling } = await import('../../src/scheduling.ts');

const folder = mkdtempSync(join(tmpdir(), 'clock-steps-'));
const { callback, stop, times } = await startCallee();
afterAll(() => {
  vi.useRealTimers();
  stop();
  rmSync(folder, { recursive: true });
});

test('a clock that steps back does not call early, and one that steps ahead calls at once', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const early = callback(1_500);
  const ahead = callback(3_600_000);
  const scheduling = new DurableScheduling({ file: join(folder, 'jobs.db') });
  scheduling.run();
  await scheduling.schedule(early.job);
  await scheduling.schedule(ahead.job);
  // The clock of the store goes on from where it was: on it, the time comes too soon.
  vi.setSystemTime(Date.now() - 60_000);
  for (let ms = 0; ms < 3_000; ms += 250) {
    await sleep(250);
    vi.setSystemTime(Date.now() + 250);
  }
  expect(early.callsOf()).toHaveLength(0);
  vi.setSystemTime(ahead.job.time + 1_000);
  await times(ahead.callsOf, 1);
  await times(early.callsOf, 1);
});
