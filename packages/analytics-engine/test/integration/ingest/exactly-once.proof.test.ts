import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test } from 'vitest';
import { HIT_COUNTS, pageHits } from '../../fixtures/hits.ts';
import { startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

const { soak, seed } = inject('proof');
const size = soak
  ? { hits: 50_000, batch: 50, kills: 20, longestLifeMs: 1_500 }
  : { hits: 800, batch: 20, kills: 4, longestLifeMs: 400 };

/** What a collector does: one batch at a time by name, sent until it is answered 200. */
async function sendAll(engine: TestEngine): Promise<{ sent: number }> {
  let sent = 0;
  for (let from = 0; from < size.hits; from += size.batch) {
    const to = Math.min(from + size.batch, size.hits);
    const body = pageHits(from, to);
    for (;;) {
      sent += 1;
      const answer = await engine.send('analytics_events', body, {
        'prosora-batch': `proof:${from}-${to}`,
      });
      if (answer.status === 200) break;
      expect(answer.status).toBe(503);
      await delay(20);
    }
  }
  return { sent };
}

/** Kills the database with SIGKILL at random moments of its lives. */
async function killAtRandom(engine: TestEngine, signal: AbortSignal): Promise<number> {
  const random = seededRandom(seed);
  let kills = 0;
  let last: number | undefined;
  while (kills < size.kills && !signal.aborted) {
    const { pid, isReady } = engine.database;
    if (!isReady || pid === undefined || pid === last) {
      await delay(5);
      continue;
    }
    await delay(random() * size.longestLifeMs);
    if (signal.aborted) break;
    process.kill(pid, 'SIGKILL');
    last = pid;
    kills += 1;
  }
  return kills;
}

test(`${size.hits} hits through ${size.kills} SIGKILLs of the database are counted once everywhere`, async () => {
  await using engine = await startTestEngine();
  const done = new AbortController();
  const killing = killAtRandom(engine, done.signal);
  const { sent } = await sendAll(engine);
  done.abort();
  const kills = await killing;

  const counts: Record<string, number> = {};
  for (const [name, sql] of Object.entries(HIT_COUNTS)) counts[name] = await engine.count(sql);
  console.log(
    `seed ${seed}: ${size.hits} hits in ${size.hits / size.batch} batches, ${kills} kills, ${sent - size.hits / size.batch} refusals`,
    counts,
  );
  expect(counts).toEqual(
    Object.fromEntries(Object.keys(HIT_COUNTS).map((name) => [name, size.hits])),
  );
  expect(await engine.count('SELECT uniqExact(session_id) FROM _mv_hits')).toBe(
    Math.ceil(size.hits / 3),
  );
  expect(kills).toBe(size.kills);
  expect(engine.database.restarts).toBe(kills);
});
