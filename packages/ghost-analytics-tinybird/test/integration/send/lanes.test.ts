import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { writeDeadLetter } from '../../../src/send/dead-letters.ts';
import { runVerb, spawnCollector } from '../../fixtures/collector-process.ts';
import { collectorEnv, eventIds, postHit } from '../../fixtures/running-collector.ts';
import { startUpstream } from '../../fixtures/upstream.ts';

test('two processes on one folder know a visitor by one id, and what one leaves when killed the other sends', async () => {
  await using upstream = await startUpstream();
  upstream.answer = () => ({ status: 503 });
  const env = collectorEnv(upstream.url);
  const [one, other] = [await spawnCollector(env), await spawnCollector(env)];
  const dir = env.PROSORA_COLLECTOR_DATA_DIR;
  expect(existsSync(join(dir, 'lane-1', 'lock'))).toBe(true);

  const sent = Array.from({ length: 40 }, (_, index) => `hit-${index}`);
  const statuses = await Promise.all(
    sent.map(async (event_id, index) => {
      const { url } = index % 2 === 0 ? one : other;
      const headers = { 'x-forwarded-for': '203.0.113.7' };
      return (await postHit(url, { event_id }, { headers })).status;
    }),
  );
  expect(new Set(statuses)).toEqual(new Set([202]));

  await one.end('SIGKILL');
  upstream.answer = () => ({});
  await vi.waitUntil(() => upstream.rows().length >= sent.length, { timeout: 40_000 });
  expect(eventIds(upstream.rows()).sort()).toEqual(sent.sort());
  const visitors = upstream.rows().map((row) => JSON.parse(row).session_id);
  expect(new Set(visitors).size).toBe(1);
  expect(upstream.changed).toEqual([]);
  await vi.waitUntil(() => readdirSync(join(dir, 'spool')).length === 0);

  const again = await spawnCollector(env);
  await postHit(again.url, { event_id: 'again' });
  expect(readdirSync(join(dir, 'spool'))).toHaveLength(1);
  for (const collector of [again, other]) expect(await collector.end('SIGTERM')).toBe(0);
  expect(eventIds(upstream.rows())).toContain('again');
});

test('what a process left waits for an upstream that is away, and a stop does not', async () => {
  await using upstream = await startUpstream();
  upstream.answer = () => ({ status: 503 });
  const env = collectorEnv(upstream.url);
  const [one, other] = [await spawnCollector(env), await spawnCollector(env)];
  await postHit(other.url, { event_id: 'left' });
  await vi.waitUntil(() => upstream.arrivals.length > 0);
  const port = new URL(one.privateUrl).port;
  const status = await runVerb({ ...env, PROSORA_COLLECTOR_PRIVATE_PORT: port }, ['status']);
  const dir = env.PROSORA_COLLECTOR_DATA_DIR;
  expect(status.stdout).toContain(`\n${dir}: 0 bytes of page hits\n`);
  expect(status.stdout).toMatch(
    new RegExp(`\n${join(dir, 'lane-1')}: [1-9]\\d+ bytes of page hits\n`),
  );
  await other.end('SIGKILL');
  await one.end('SIGKILL');
  upstream.arrivals.length = 0;
  const next = await spawnCollector(env);
  await vi.waitUntil(() => upstream.arrivals.length > 1, { timeout: 10_000 });
  expect(await next.end('SIGTERM')).toBe(0);
  upstream.answer = () => ({});
  const last = await spawnCollector(env);
  await vi.waitUntil(() => upstream.rows().length === 1, { timeout: 10_000 });
  expect(await last.end('SIGTERM')).toBe(0);
});

test('dead letters of all processes are listed and replayed', async () => {
  await using upstream = await startUpstream();
  const env = collectorEnv(upstream.url);
  const dir = env.PROSORA_COLLECTOR_DATA_DIR;
  mkdirSync(join(dir, 'lane-1'));
  for (const [batch, folder] of [
    ['a:0-1', dir],
    ['b:0-1', join(dir, 'lane-1')],
  ] as const) {
    const letter = { at: '2026-09-01T10:00:00Z', batch, reason: '', rows: [{ batch }] };
    writeDeadLetter(join(folder, 'dead-letters.db'), { ...letter, kind: 'refused' });
  }
  const listed = async () => (await runVerb(env, ['dead'])).stdout.match(/[ab]:0-1/g);
  expect(new Set(await listed())).toEqual(new Set(['a:0-1', 'b:0-1']));
  expect((await runVerb(env, ['replay'])).code).toBe(0);
  expect([...upstream.written.keys()]).toEqual(['a:0-1', 'b:0-1']);
  expect(await listed()).toBeNull();
});
