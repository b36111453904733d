import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClockGuard } from '@prosora/service';
import { createSimulatedClocks } from '@prosora/service/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clockRecordOf } from '../../src/care/clock-file.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 11, 1);

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'prosora-clock-'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

/** The guard of an engine that is started on a data directory with this file. */
async function openAfter(text: string, clocks = createSimulatedClocks(NOW)) {
  writeFileSync(join(dataDir, 'clock.json'), text);
  return await openClockGuard({ record: clockRecordOf(dataDir), clocks });
}

const former = (lastLook: number, isDoubted: boolean) => JSON.stringify({ lastLook, isDoubted });

test('a clock that goes on from where a former engine looked at it is believed', async () => {
  const guard = await openAfter(former(NOW - DAY_MS, false));
  expect([guard.doubt(), guard.earliest()]).toEqual([undefined, NOW]);
});

test.each([
  ['ahead', NOW - 400 * DAY_MS],
  ['back', NOW + DAY_MS],
])('a clock that jumped %s while a former engine was replaced is doubted', async (_, lastLook) => {
  const guard = await openAfter(former(lastLook, false));
  expect(guard.doubt()).toBeDefined();
  expect(guard.earliest()).toBe(Math.min(lastLook, NOW));
});

test.each([
  ['as it was', NOW],
  ['put right since', NOW + 10 * 365 * DAY_MS],
])(
  'a doubt of a former engine, its clock %s, stays until a person ends it',
  async (_, lastLook) => {
    const clocks = createSimulatedClocks(NOW);
    await openAfter(former(lastLook, true), clocks);
    // And it is kept in the new shape.
    const guard = await openClockGuard({ record: clockRecordOf(dataDir), clocks });
    expect(guard.doubt()).toBeDefined();
    // Nothing that a site of today has is 24 months old then.
    expect(guard.earliest()).toBe(Date.UTC(2026, 0, 1));
    guard.trust();
    expect([guard.doubt(), guard.earliest()]).toEqual([undefined, NOW]);
  },
);

test.each(['', '{', 'null', '{"lastLook":"x","isDoubted":false}', '{"lastLook":-1,"isDoubted":1}'])(
  'a file that holds %j stops nothing',
  async (text) => {
    const guard = await openAfter(text);
    expect([guard.doubt(), guard.now()]).toEqual([undefined, NOW]);
  },
);
