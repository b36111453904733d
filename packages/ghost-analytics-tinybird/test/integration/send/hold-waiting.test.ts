import { mkdirSync, rmdirSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { deadLettersIn } from '../../../src/spool/data-dir.ts';
import { runVerb, spawnCollector } from '../../fixtures/collector-process.ts';
import { lettersIn } from '../../fixtures/dead-letters.ts';
import { collectorEnv, eventIds, postHit } from '../../fixtures/running-collector.ts';
import { startUpstream } from '../../fixtures/upstream.ts';

test('what waits in a folder that was put back is held, and sent only where somebody says so', async () => {
  await using upstream = await startUpstream();
  upstream.answer = () => ({ status: 503 });
  const env = collectorEnv(upstream.url);
  const dir = env.PROSORA_COLLECTOR_DATA_DIR;
  const [one, other] = [await spawnCollector(env), await spawnCollector(env)];
  const ids = ['one', 'two', 'three'];
  for (const event_id of ids) await postHit(one.url, { event_id });
  await postHit(other.url, { event_id: 'of a second lane' });
  await one.end('SIGKILL');
  expect(await runVerb(env, ['restored'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`A collector runs on ${dir}/lane-1.`),
  });
  await other.end('SIGKILL');
  upstream.arrivals.length = 0;

  // As on a disk that takes nothing: what cannot be held goes on waiting.
  mkdirSync(deadLettersIn(dir));
  expect(await runVerb(env, ['restored'])).toMatchObject({ code: 1 });
  rmdirSync(deadLettersIn(dir));

  const { stdout } = await runVerb(env, ['restored', '--json']);
  expect(JSON.parse(stdout)).toEqual({ held: 4 });
  const letters = lettersIn(deadLettersIn(dir));
  expect(letters.map(({ kind }) => kind)).toEqual(letters.map(() => 'halfway'));
  expect((await runVerb(env, ['restored'])).stdout).toContain('Nothing waited');

  const third = await spawnCollector(env);
  await postHit(third.url, { event_id: 'later' });
  await third.end('SIGKILL');
  // `prosora restore` reads the number behind these words.
  expect((await runVerb(env, ['restored'])).stdout).toContain('are held: 1.');
  upstream.arrivals.length = 0;

  upstream.answer = () => ({});
  const again = await spawnCollector(env);
  await postHit(again.url, { event_id: 'new' });
  await vi.waitUntil(() => upstream.rows().length > 0);
  expect(eventIds(upstream.rows())).toEqual(['new']);
  expect((await runVerb(env, ['replay'])).stdout).toContain('would double rows');
  expect(eventIds(upstream.rows())).toEqual(['new']);
  await runVerb(env, ['replay', '--anyway']);
  expect(eventIds(upstream.rows()).sort()).toEqual(
    [...ids, 'later', 'new', 'of a second lane'].sort(),
  );
  expect(await again.end('SIGTERM')).toBe(0);
});
