import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileClockRecord, openClockGuard, trustClock } from '../../src/index.ts';
import { createSimulatedClocks } from '../../src/testing/index.ts';

test('who trusts the clock while the guard writes is heard at its next look', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clock-record-'));
  const file = join(folder, 'clock.json');
  const clocks = createSimulatedClocks();
  const ours = fileClockRecord(file);
  let meanwhile = async () => {};
  const record = {
    read: ours.read,
    async write(saved: Parameters<typeof ours.write>[0]) {
      await meanwhile();
      await ours.write(saved);
    },
  };
  const guard = await openClockGuard({ record, clocks });
  clocks.step(40 * 86_400_000);
  meanwhile = async () => void (await trustClock(fileClockRecord(file)));
  await guard.look();
  meanwhile = async () => {};
  expect(guard.doubt()).toBeDefined();
  await guard.look();
  expect(guard.doubt()).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['clock.json']);
});
