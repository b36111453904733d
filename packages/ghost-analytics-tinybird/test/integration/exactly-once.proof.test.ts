import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test, vi } from 'vitest';
import { spawnCollector } from '../fixtures/collector-process.ts';
import { collectorEnv, eventIds, metric, postHit } from '../fixtures/running-collector.ts';
import { type Answer, startUpstream } from '../fixtures/upstream.ts';

const { soak, seed } = inject('proof');
const size = soak
  ? { hits: 30_000, kills: 20, longestLifeMs: 1_500, senders: 32, maxRows: 400 }
  : { hits: 2_000, kills: 5, longestLifeMs: 400, senders: 8, maxRows: 50 };

/** What may happen to a batch; after each it comes again, written or not. */
const FAULTS: readonly Answer[] = [
  { status: 500 },
  { status: 503, headers: { 'retry-after': '0' } },
  { status: 429, headers: { 'x-ratelimit-reset': '0' } },
  { writes: true, cut: true },
  { cut: true, writes: false },
  { status: 500, writes: true },
];
const FAULT_RATE = 0.3;
const LONGEST_ANSWER_MS = 60;

test(`every hit answered 202 is written once through ${size.kills} SIGKILLs and an upstream that fails`, async () => {
  const random = seededRandom(seed);
  await using upstream = await startUpstream();
  upstream.answer = ({ rows }) => {
    // A limit is a limit each time: what was refused for it was never written.
    if (rows.length > size.maxRows) return { status: 413 };
    // Time to be killed in between writing and answering.
    const delayMs = random() * LONGEST_ANSWER_MS;
    if (random() > FAULT_RATE) return { delayMs };
    return { delayMs, ...(FAULTS[Math.floor(random() * FAULTS.length)] as Answer) };
  };
  const env = collectorEnv(upstream.url);
  let collector = await spawnCollector(env);
  let next = 0;
  const accepted: string[] = [];
  const unanswered: string[] = [];

  const send = async (): Promise<void> => {
    while (next < size.hits) {
      const event_id = `hit-${next++}`;
      const { url } = collector;
      const answer = await postHit(url, { event_id }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 202) accepted.push(event_id);
      else unanswered.push(event_id);
      // Nobody listens until the next process does.
      if (!answer)
        await vi.waitUntil(() => collector.url !== url, { timeout: 20_000, interval: 5 });
    }
  };
  const kill = async (): Promise<void> => {
    for (let kills = 0; kills < size.kills; kills += 1) {
      // Spread over the hits, at a moment of its own.
      await vi.waitUntil(() => next >= (size.hits * kills) / size.kills, { timeout: 600_000 });
      await delay(random() * size.longestLifeMs);
      await collector.end('SIGKILL');
      collector = await spawnCollector(env);
    }
  };
  await Promise.all([kill(), ...Array.from({ length: size.senders }, send)]);

  const written = () => eventIds(upstream.rows());
  await vi.waitUntil(() => new Set(written()).size >= accepted.length, {
    timeout: 300_000,
    interval: 500,
  });
  expect(await collector.end('SIGTERM')).toBe(0);
  const ids = written();
  console.log(
    `seed ${seed}: ${accepted.length} hits answered 202, ${unanswered.length} not; ` +
      `${ids.length} written in ${upstream.written.size} batches of ${upstream.arrivals.length} sent`,
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(accepted));
  expect(upstream.changed).toEqual([]);
  expect(accepted.length + unanswered.length).toBe(size.hits);
  // Each kill costs at most what was on its way.
  expect(unanswered.length).toBeLessThanOrEqual(size.kills * size.senders);
});

test('an upstream that is away for a while loses nothing', async () => {
  await using upstream = await startUpstream();
  let isAway = true;
  upstream.answer = () => (isAway ? { status: 503 } : {});
  const collector = await spawnCollector(collectorEnv(upstream.url));
  const ids = Array.from({ length: 200 }, (_, index) => `away-${index}`);
  for (const event_id of ids) expect((await postHit(collector.url, { event_id })).status).toBe(202);
  await vi.waitUntil(() => upstream.arrivals.length > 1, { timeout: 10_000 });
  expect(await metric(collector.privateUrl, 'prosora_upstream_failing_seconds')).toBeGreaterThan(0);
  isAway = false;
  await vi.waitUntil(() => upstream.rows().length === 200, { timeout: 30_000 });
  expect(eventIds(upstream.rows())).toEqual(ids);
  expect(await collector.end('SIGTERM')).toBe(0);
});
