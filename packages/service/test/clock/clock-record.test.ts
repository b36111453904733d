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
  expect(readdirSync(folder)).toEqual(['clock.json', 'clock.json.trusted']);
});

test('each of two guards on one record hears it once, and one that starts later does not', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'clock-record-')), 'clock.json');
  const clocks = createSimulatedClocks();
  const open = () => openClockGuard({ record: fileClockRecord(file), clocks });
  const guards = [await open(), await open()];
  clocks.step(40 * 86_400_000);
  for (const guard of guards) await guard.look();
  expect(guards.map((guard) => guard.doubt()?.stepMs)).toEqual([3_456_000_000, 3_456_000_000]);
  await trustClock(fileClockRecord(file));
  for (const guard of guards) await guard.look();
  expect(guards.map((guard) => guard.doubt())).toEqual([undefined, undefined]);
  clocks.step(40 * 86_400_000);
  for (const guard of [...guards, await open()]) {
    await guard.look();
    expect(guard.doubt()).toBeDefined();
  }
});
