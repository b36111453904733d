import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand, seededRandom } from '@prosora/service/testing';
import { expect, inject, test } from 'vitest';
import { spawnCollector } from '../fixtures/collector-process.ts';
import { startEngineUpstream } from '../fixtures/engine-upstream.ts';
import { SITE } from '../fixtures/hits.ts';
import {
  collectorEnv,
  freshDir,
  postHit,
  startTestCollector,
} from '../fixtures/running-collector.ts';

const { soak, seed } = inject('proof');
const COPIES = soak ? 100 : 10;
const LONGEST_MS = 60;
const SENDERS = 4;
/** What a backup copies the folder with. */
const COPY = new URL('../../../ghost-stack/src/copy-stores.ts', import.meta.url).pathname;

test(`a folder that was copied while hits came in sends none that the engine has (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seed);
  const today = () => new Date().toISOString().slice(0, 10);
  const firstDay = today();
  await using engine = await startEngineUpstream();
  const env = collectorEnv(engine.url, { PROSORA_COLLECTOR_BATCH_MS: '0' });
  const folder = env.PROSORA_COLLECTOR_DATA_DIR;
  const collector = await spawnCollector(env);
  let hits = 0;
  let isOver = false;
  const send = async (): Promise<void> => {
    while (!isOver) {
      expect((await postHit(collector.url)).status).toBe(202);
      hits += 1;
    }
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, send));
  const copies: string[] = [];
  while (copies.length < COPIES) {
    await delay(random() * LONGEST_MS);
    expect(await runCommand([COPY, folder], {})).toMatchObject({ code: 0 });
    const copy = freshDir();
    cpSync(join(folder, '.backup'), copy, { recursive: true });
    copies.push(copy);
  }
  isOver = true;
  await sending;
  expect(await collector.end('SIGTERM')).toBe(0);

  let waited = 0;
  for (const copy of copies) {
    const restored = await startTestCollector({ ...env, PROSORA_COLLECTOR_DATA_DIR: copy });
    await restored.stop();
    if (restored.lines.some((line) => line.includes('"batch.accepted"'))) waited += 1;
  }
  expect(waited).toBeGreaterThan(0);
  const query = `site_uuid=${SITE}&date_from=${firstDay}&date_to=${today()}&timezone=UTC`;
  const answer = await fetch(`${engine.url}/v0/pipes/api_kpis.json?${query}`, {
    headers: { authorization: `Bearer ${engine.adminToken}` },
  });
  const { data } = (await answer.json()) as { data: { pageviews: number }[] };
  const views = data.reduce((sum, { pageviews }) => sum + Number(pageviews), 0);
  expect(views).toBe(hits);
});
