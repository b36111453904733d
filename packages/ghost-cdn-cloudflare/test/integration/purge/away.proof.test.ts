import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, createWorker } from '@prosora/durable';
import { expect, inject, test, vi } from 'vitest';
import { type Changes, openChanges } from '../../../src/changes/changes.ts';
import { EVERYTHING } from '../../../src/changes/paths.ts';
import type { CloudflareAnswer } from '../../../src/cloudflare/api.ts';
import { createLimits } from '../../../src/purge/limits.ts';
import { createPurge } from '../../../src/purge/purge.ts';

const { soak } = inject('proof');
const HOUR_MS = 3_600_000;
/** How long Cloudflare is away, on the clock of the test. */
const AWAY_MS = soak ? 23 * HOUR_MS : HOUR_MS / 2;

/** Time goes on as fast as somebody waits for it. */
function hastyClock(): Clock & { at: number } {
  const clock = {
    at: 1_780_000_000_000,
    now: () => clock.at,
    async sleep(ms: number) {
      await turn();
      clock.at += ms;
    },
  };
  return clock;
}

function startPurges(changes: Changes, clock: Clock, answer: () => CloudflareAnswer) {
  const limits = createLimits('free', clock.now);
  let calls = 0;
  const handle = createPurge({
    changes,
    edge: {
      manner: 'purge',
      async forget() {
        calls += 1;
        return answer();
      },
    },
    limits: () => limits,
    site: { siteUrl: 'https://blog.example.com', hosts: [] },
    now: clock.now,
  });
  const worker = createWorker({ queue: changes.purges, handle, clock });
  return { worker, calls: () => calls };
}

const open = (clock: Clock, budgetMs?: number) =>
  openChanges({
    dataDir: mkdtempSync(join(tmpdir(), 'prosora-cdn-away-')),
    newStore: 'yes',
    quietMs: 1_000,
    longestMs: 15_000,
    clock,
    ...(budgetMs && { backoff: { budgetMs } }),
  });

const DONE = { kind: 'done', result: {} } as const;
const AWAY = { kind: 'unanswered', reason: 'no answer: ECONNREFUSED' } as const;

test(`Cloudflare away for ${AWAY_MS / HOUR_MS} hours is asked at least every two minutes, and then once more`, async () => {
  const clock = hastyClock();
  await using changes = await open(clock);
  await changes.record({ id: 'one', source: 'webhook', paths: EVERYTHING });
  const backAt = clock.at + AWAY_MS;
  const { worker, calls } = startPurges(changes, clock, () => (clock.at < backAt ? AWAY : DONE));
  await vi.waitFor(async () => expect(await changes.pending()).toBeUndefined(), {
    timeout: soak ? 600_000 : 60_000,
  });
  await worker.stop();
  expect(clock.at - backAt).toBeLessThan(10 * 60_000);
  expect(calls()).toBeGreaterThan(AWAY_MS / 120_000);
});

test('what was given up is listed, and done by the next purge that ends well', async () => {
  const clock = hastyClock();
  await using changes = await open(clock, 30_000);
  await changes.record({ id: 'one', source: 'webhook', paths: EVERYTHING });
  let answer: CloudflareAnswer = AWAY;
  const { worker } = startPurges(changes, clock, () => answer);
  const dead = () => changes.purges.list({ states: ['dead'] });
  await vi.waitFor(async () => expect(await dead()).toMatchObject([{ id: 'one' }]));
  expect(await changes.pending()).toMatchObject({ count: 1 });
  answer = DONE;
  await changes.record({ id: 'two', source: 'webhook', paths: EVERYTHING });
  await vi.waitFor(async () => expect(await changes.pending()).toBeUndefined());
  expect(await dead()).toEqual([]);
  await worker.stop();
});

test('replayed, what was given up is purged', async () => {
  const clock = hastyClock();
  await using changes = await open(clock, 30_000);
  await changes.record({ id: 'one', source: 'webhook', paths: ['/a/'] });
  let answer: CloudflareAnswer = { kind: 'forbidden', reason: '403 Authentication error (10000)' };
  const { worker } = startPurges(changes, clock, () => answer);
  await vi.waitFor(async () => {
    expect(await changes.purges.list({ states: ['dead'] })).toHaveLength(1);
  });
  answer = DONE;
  expect(await changes.purges.replay(['one'])).toEqual(['one']);
  await vi.waitFor(async () => expect(await changes.pending()).toBeUndefined());
  await worker.stop();
});
