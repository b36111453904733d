import { createLocalOperator, createLogger, createMetrics } from '@prosora/service';
import { expect, test } from 'vitest';
import { createHandlers, type RunningOps } from '../../src/ops/handlers.ts';
import { opsOperations } from '../../src/services/ops-operations.ts';

/** The operator API of a service whose command answers with what is given, and the words that it was asked with. */
function opsWith(answer: unknown) {
  const asked: (readonly string[])[] = [];
  const running = {
    ask: async (words: readonly string[]) => {
      asked.push(words);
      return answer;
    },
    parts: async () => [{ part: 'mail', isWell: true, state: 'Up 3 hours (healthy)' }],
    jobs: [],
    hider: () => (text: string) => text.replaceAll('of-the-stack', '[redacted]'),
    metrics: createMetrics('ops'),
    checks: {},
    logger: createLogger({ name: 'ops', level: 'silent' }),
  } as unknown as RunningOps;
  const { ask } = createLocalOperator(opsOperations, createHandlers(running));
  return { ask, asked };
}

test('the log around a moment is asked for by flags that no value can leave, and names no reader and no secret', async () => {
  const time = '2026-11-29T08:00:00.123456789Z';
  const text = 'ada@example.org came from 203.0.113.7 with of-the-stack';
  const { ask, asked } = opsWith([{ service: 'mail', time, level: 'error', text }]);
  const input = { service: 'mail', at: '2026-11-29T08:00:00Z', minutes: 10, match: '--until=now' };
  expect((await ask('logs', { ...input, level: 'warn' })).items).toEqual([
    {
      ...{ service: 'mail', time, level: 'error' },
      text: '***@example.org came from 203.0.113.0 with [redacted]',
    },
  ]);
  expect(asked).toEqual([
    [
      ...['logs', 'mail', '--around=2026-11-29T08:00:00Z', '--minutes=10'],
      ...['--grep=--until=now', '--level=warn', '--limit=200'],
    ],
  ]);
});

test.each([
  [{ service: '--profile' }, 'service: use the name of a service'],
  [{ service: 'mail; ls' }, 'service: use the name of a service'],
  [{ at: 'yesterday' }, 'at: '],
  [{ minutes: 61 }, 'minutes: '],
  [{ limit: 1_001 }, 'limit: '],
])('a log is not asked for with %j, and the field is named', async (wrong, named) => {
  const { ask, asked } = opsWith([]);
  const right = { service: 'mail', at: '2026-11-29T08:00:00Z' };
  await expect(ask('logs', { ...right, ...wrong })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(named),
  });
  expect(asked).toEqual([]);
});

test('jobs and media are asked of the command, by such flags too', async () => {
  const jobs = { queues: [], items: [], next: null };
  const ofJobs = opsWith(jobs);
  expect(await ofJobs.ask('jobs', { state: 'dead', after: '--config=x', limit: 5 })).toEqual(jobs);
  expect(ofJobs.asked).toEqual([['jobs', '--state=dead', '--limit=5', '--after=--config=x']]);
  const media = { kind: 'local', usage: null, findings: [], failures: [] };
  const ofMedia = opsWith(media);
  expect(await ofMedia.ask('media', {})).toEqual(media);
  await ofMedia.ask('media', { examine: 'true' });
  expect(ofMedia.asked).toEqual([['media'], ['media', '--examine']]);
});

test('parts are told as Docker has them', async () => {
  const part = { part: 'mail', isWell: true, state: 'Up 3 hours (healthy)' };
  expect(await opsWith(undefined).ask('parts', {})).toEqual({ items: [part] });
});
