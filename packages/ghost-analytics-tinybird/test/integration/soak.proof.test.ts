import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installGhost } from '@prosora/ghost-local';
import { startSandbox } from '@prosora/sandbox';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test, vi } from 'vitest';
import { datafilesOf } from '../../src/project/datafiles.ts';
import { deployTo } from '../../src/project/deploy.ts';
import { spawnCollector } from '../fixtures/collector-process.ts';
import { lettersIn } from '../fixtures/dead-letters.ts';
import { startEngineUpstream } from '../fixtures/engine-upstream.ts';
import { FAULTS, startFaultyProxy } from '../fixtures/faulty-proxy.ts';
import { collectorEnv, freshDir, metric, postHit } from '../fixtures/running-collector.ts';

const { soak, seed } = inject('proof');
const size = soak
  ? { seconds: 60, hitsPerSecond: 200, kills: 10 }
  : { seconds: 4, hitsPerSecond: 50, kills: 2 };
// What waits for an upstream that fails, with doubled waits, takes its time.
const timeout = soak ? 3_600_000 : 180_000;
const POISON_EVERY = soak ? 200 : 40;

/** Sends hits at a steady pace while the faults take turns and the collector is killed. */
async function sendThroughFaults(upstreamUrl: string, token: string) {
  const random = seededRandom(seed);
  await using proxy = await startFaultyProxy(upstreamUrl);
  const env = collectorEnv(proxy.url, {
    TINYBIRD_TRACKER_TOKEN: token,
    PROSORA_COLLECTOR_UPSTREAM_TIMEOUT_MS: '5000',
    PROSORA_COLLECTOR_BATCH_MS: '200',
  });
  let collector = await spawnCollector(env);
  let counted = 0;
  const countDoubles = async () => {
    counted += await metric(collector.privateUrl, 'prosora_hits_possibly_double_total');
  };
  const answers = new Map<string, number | undefined>();
  const total = size.seconds * size.hitsPerSecond;
  const startedAt = performance.now();
  const sending: Promise<void>[] = [];

  const send = async (number: number): Promise<void> => {
    const isPoison = number % POISON_EVERY === POISON_EVERY - 1;
    const event_id = `${isPoison ? 'poison' : 'hit'}-${number}`;
    const headers = { 'x-forwarded-for': `203.0.113.${number % 250}` };
    const answer = await postHit(collector.url, { event_id }, { headers }).catch(() => undefined);
    await answer?.body?.cancel();
    answers.set(event_id, answer?.status);
  };
  let isFaulty = true;
  const pace = async (): Promise<void> => {
    for (let number = 0; number < total || isFaulty; number += 1) {
      const dueMs = (number * 1_000) / size.hitsPerSecond;
      // A moment also when late, or a slow machine would do nothing but send.
      await delay(Math.max(1, dueMs - (performance.now() - startedAt)));
      sending.push(send(number));
    }
  };
  const takeTurns = async (): Promise<void> => {
    for (const fault of FAULTS) {
      proxy.fault = fault;
      await delay((size.seconds * 1_000) / FAULTS.length);
      await vi.waitUntil(() => proxy.met[fault] > 0, { timeout: 60_000 });
    }
    proxy.fault = 'none';
    isFaulty = false;
  };
  const kill = async (): Promise<void> => {
    for (let kills = 0; kills < size.kills; kills += 1) {
      await delay(((0.2 + random() * 0.6) * size.seconds * 1_000) / size.kills);
      await countDoubles();
      await collector.end('SIGKILL');
      collector = await spawnCollector(env);
    }
  };
  await Promise.all([pace(), takeTurns(), kill()]);
  await Promise.all(sending);
  const spoolIsEmpty = async () =>
    (await metric(collector.privateUrl, 'prosora_spool_waiting_bytes')) === 0;
  await vi.waitUntil(spoolIsEmpty, { timeout: 180_000, interval: 200 });
  await countDoubles();
  expect(await collector.end('SIGTERM')).toBe(0);

  const accepted = [...answers].filter(([, status]) => status === 202).map(([id]) => id);
  const others = new Set([...answers.values()].filter((status) => status !== 202));
  // Nothing listens while the process is killed; a full or failing disk would be 503.
  expect([...others].filter((status) => status !== undefined && status !== 503)).toEqual([]);
  const letters = lettersIn(join(env.PROSORA_COLLECTOR_DATA_DIR, 'dead-letters.db'));
  const deadIds = (reason: RegExp) =>
    letters
      .filter((letter) => reason.test(letter.reason))
      .flatMap(({ rows }) => rows as { payload: { event_id: string } }[])
      .map(({ payload }) => payload.event_id);
  return {
    accepted: accepted.filter((id) => id.startsWith('hit')),
    poison: accepted.filter((id) => id.startsWith('poison')),
    refused: answers.size - accepted.length,
    deadIds,
    counted,
  };
}

/** Every poison row that was answered 202 is dead with its reason; so may be one whose answer a kill cut off. */
function expectDead({ deadIds, poison }: Awaited<ReturnType<typeof sendThroughFaults>>) {
  const dead = deadIds(/^400: a row that nobody takes$/);
  expect(dead).toEqual(expect.arrayContaining(poison));
  expect(dead.filter((id) => !id.startsWith('poison'))).toEqual([]);
}

function report(where: string, sent: Awaited<ReturnType<typeof sendThroughFaults>>, more: string) {
  const { accepted, poison, refused, counted } = sent;
  console.log(
    `seed ${seed}, ${where}: ${accepted.length + poison.length} hits answered 202 at ` +
      `${size.hitsPerSecond}/s through ${size.kills} kills, ${refused} not; ${poison.length} poison rows ` +
      `dead with their reason; ${more}; ${counted} counted as possibly double`,
  );
}

test('every hit answered 202 is in the engine once, or with its reason among the dead', {
  timeout,
}, async () => {
  const datafiles = join(freshDir(), 'datafiles');
  cpSync(join((await installGhost()).dir, 'core/server/data/tinybird'), datafiles, {
    recursive: true,
  });
  writeFileSync(
    join(datafiles, 'endpoints/every_event_id.pipe'),
    "NODE every\nSQL >\n    SELECT arrayStringConcat(groupArray(JSONExtractString(payload, 'event_id')), ',') AS ids FROM analytics_events\n\nTYPE endpoint\n",
  );
  await using engine = await startEngineUpstream({ PROSORA_ENGINE_DATAFILES: datafiles });
  const sent = await sendThroughFaults(engine.url, engine.trackerToken);
  const answer = await fetch(`${engine.url}/v0/pipes/every_event_id.json`, {
    headers: { authorization: `Bearer ${engine.adminToken}` },
  });
  const { data } = (await answer.json()) as { data: { ids: string }[] };
  const ids = data[0]?.ids.split(',') ?? [];
  report('engine', sent, `${ids.length} rows, ${new Set(ids).size} of them different`);
  expect(ids.length).toBe(new Set(ids).size);
  expect(new Set(ids)).toEqual(new Set([...ids, ...sent.accepted]));
  expectDead(sent);
});

test('every hit answered 202 is at the stand-in of Tinybird Cloud at least once', {
  timeout,
}, async () => {
  const dataDir = freshDir();
  mkdirSync(dataDir, { recursive: true });
  await using sandbox = await startSandbox({ port: 0, dataDir });
  const { url, adminToken } = sandbox.tinybird;
  await deployTo({ url, token: adminToken }, datafilesOf((await installGhost()).dir));
  const sent = await sendThroughFaults(url, sandbox.tinybird.token('tracker') ?? '');
  const rows = sandbox.tinybird.rows('analytics_events') as { payload: { event_id: string } }[];
  const ids = rows.map(({ payload }) => payload.event_id);
  const different = new Set(ids);
  report(
    'Tinybird Cloud',
    sent,
    `${ids.length} rows, ${ids.length - different.size} of them doubles`,
  );
  expect(different).toEqual(new Set([...ids, ...sent.accepted]));
  expectDead(sent);
});
