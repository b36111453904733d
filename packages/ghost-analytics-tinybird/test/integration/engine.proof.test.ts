import { expect, inject, test, vi } from 'vitest';
import { runVerb, spawnCollector } from '../fixtures/collector-process.ts';
import { startEngineUpstream } from '../fixtures/engine-upstream.ts';
import { SITE } from '../fixtures/hits.ts';
import { collectorEnv, postHit } from '../fixtures/running-collector.ts';

const { soak } = inject('proof');
const size = soak ? { rounds: 20, hits: 500 } : { rounds: 6, hits: 40 };
const VISITORS = 7;

test('hits are counted once by the engine though it and the collector are killed in turn', {
  timeout: 600_000,
}, async () => {
  await using engine = await startEngineUpstream();
  const env = collectorEnv(engine.url, { PROSORA_COLLECTOR_BATCH_BYTES: '65536' });
  let collector = await spawnCollector(env);
  const pages = ['/', '/about/', '/news/'];
  for (let round = 0; round < size.rounds; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: size.hits }, (_, index) =>
        postHit(
          collector.url,
          { event_id: `${round}-${index}`, pathname: pages[index % pages.length] },
          { headers: { 'x-forwarded-for': `203.0.113.${index % VISITORS}` } },
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(size.hits).fill(202));
    if (round % 2 === 0) await engine.crash();
    else {
      await collector.end('SIGKILL');
      collector = await spawnCollector(env);
    }
  }
  const ask = async (pipe: string) => {
    const day = new Date().toISOString().slice(0, 10);
    const query = `site_uuid=${SITE}&date_from=${day}&date_to=${day}&timezone=UTC`;
    const url = `${collector.url}/.ghost/analytics/v0/pipes/${pipe}.json?${query}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${engine.adminToken}` } });
    const { data } = (await answer.json()) as { data: Record<string, number | string>[] };
    return data;
  };
  const views = async () =>
    (await ask('api_kpis')).reduce((sum, { pageviews }) => sum + Number(pageviews), 0);
  const total = size.rounds * size.hits;
  await vi.waitUntil(async () => (await views()) >= total, { timeout: 300_000, interval: 200 });
  expect(await views()).toBe(total);
  expect(await ask('api_top_sources')).toEqual([{ source: 'Google', visits: VISITORS }]);
  expect(await ask('api_top_devices')).toEqual([{ device: 'desktop', visits: VISITORS }]);
  expect(await ask('api_top_locations')).toEqual([{ location: 'GB', visits: VISITORS }]);
  expect((await runVerb(env, ['doctor'])).stdout).toContain('takes events for analytics_events');
  expect(await collector.end('SIGTERM')).toBe(0);
});
