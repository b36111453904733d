import { createServer, type RequestListener } from 'node:http';
import {
  createLogger,
  type Listener,
  listen,
  operation,
  ProsoraError,
  serveOperations,
} from '@prosora/service';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import type { operations as CdnOperations } from '../../../src/services/api/cdn.ts';
import { createApi } from '../../../src/services/client.ts';
import { createMetricsReader } from '../../../src/services/metrics.ts';

const TOKEN = 'token-of-the-service-that-is-long-enough';

let listeners: Listener[] = [];

afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.close(0)));
  listeners = [];
});

async function serve(answer: RequestListener): Promise<string> {
  const listener = await listen(createServer(answer), { host: '127.0.0.1', port: 0 });
  listeners.push(listener);
  return listener.url;
}

/** The operations of a service that purges, over its real wire. */
async function serveCdn() {
  const asked: unknown[] = [];
  const output = z.object({ items: z.array(z.unknown()) });
  const operations = {
    dead: operation({
      summary: 'Lists.',
      access: 'read',
      input: z.object({ since: z.iso.datetime().optional(), limit: z.coerce.number().optional() }),
      output,
    }),
    replay: operation({
      summary: 'Tries again.',
      access: 'write',
      input: z.object({ ids: z.array(z.string()) }),
      output: z.object({ replayed: z.array(z.string()) }),
    }),
  };
  const handlers = {
    dead(input: unknown) {
      asked.push(input);
      return { items: [] };
    },
    replay({ ids }: { ids: string[] }, caller: string) {
      asked.push(caller);
      if (ids.length === 0) throw new ProsoraError('REFUSED', 'Name one.', { help: 'See `dead`.' });
      return { replayed: ids };
    },
  };
  const answer = serveOperations({
    operations,
    handlers,
    tokens: { write: TOKEN, read: `${TOKEN}-read` },
    logger: createLogger({ name: 'cdn', level: 'silent' }),
  });
  const url = await serve((request, response) => void answer(request, response));
  return { url, asked, api: createApi<CdnOperations>({ url, token: TOKEN }) };
}

test('a question goes out with its filters, without those that are empty', async () => {
  const { api, asked } = await serveCdn();
  const filters = { since: '2026-12-01T00:00:00Z', limit: '5', after: '', state: undefined };
  expect(await api.get('dead', filters as never)).toEqual({ items: [] });
  expect(asked).toEqual([{ since: '2026-12-01T00:00:00Z', limit: 5 }]);
});

test('a change names who makes it', async () => {
  const { api, asked } = await serveCdn();
  const caller = 'Olive <owner@example.com> in the console';
  expect(await api.post('replay', { ids: ['1'] }, caller)).toEqual({ replayed: ['1'] });
  expect(asked).toEqual([caller]);
});

test('what a service refuses keeps its code, its sentence and its remedy', async () => {
  const { api, url } = await serveCdn();
  await expect(api.get('dead', { since: 'yesterday' } as never)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('since'),
  });
  await expect(api.post('replay', { ids: [] }, 'x')).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'Name one.',
    help: 'See `dead`.',
  });
  const stranger = createApi<CdnOperations>({ url, token: 'another' });
  await expect(stranger.get('dead')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

test('a service that is not there, and one that is silent, are told apart', async () => {
  const gone = createApi<CdnOperations>({ url: 'http://127.0.0.1:1', token: TOKEN });
  await expect(gone.get('dead')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  const url = await serve(() => {});
  const silent = createApi<CdnOperations>({ url, token: TOKEN });
  const asked = silent.get('dead', {}, { timeoutMs: 50 });
  await expect(asked).rejects.toMatchObject({ code: 'UNANSWERED' });
});

/** A store of metrics that answers each question with the same. */
async function serveMetrics(result: unknown[]) {
  const questions: URLSearchParams[] = [];
  const url = await serve((request, response) => {
    questions.push(new URL(request.url ?? '/', 'http://metrics').searchParams);
    response.end(JSON.stringify({ status: 'success', data: { result } }));
  });
  return { url, questions };
}

const NOW_S = 1_796_100_000;

test('a course has all its points, also those that nobody measured', async () => {
  const values = [
    [NOW_S - 3_600, '1'],
    [NOW_S, '2.5'],
  ];
  const { url, questions } = await serveMetrics([{ metric: { part: 'db' }, values }]);
  const metrics = createMetricsReader(url, () => NOW_S * 1_000);
  const [series] = await metrics.range('up', { hours: 4, points: 4 });
  expect(series?.labels).toEqual({ part: 'db' });
  expect(series?.points.map(({ value }) => value)).toEqual([null, null, 1, 2.5]);
  expect(series?.points.at(-1)?.at).toBe(new Date(NOW_S * 1_000).toISOString());
  expect(questions[0]?.get('step')).toBe('3600');
});

test('the same question is asked once in ten seconds', async () => {
  const { url, questions } = await serveMetrics([{ metric: {}, value: [NOW_S, '7'] }]);
  let nowMs = NOW_S * 1_000;
  const metrics = createMetricsReader(url, () => nowMs);
  expect(await Promise.all([metrics.now('up'), metrics.now('up')])).toEqual([7, 7]);
  nowMs += 5_000;
  await metrics.now('up');
  expect(questions.length).toBe(1);
  nowMs += 5_000;
  await metrics.now('up');
  expect(questions.length).toBe(2);
});

test('no number is none, and no answer is an error', async () => {
  const empty = await serveMetrics([]);
  expect(await createMetricsReader(empty.url).now('up')).toBe(undefined);
  const nothing = await serveMetrics([{ metric: {}, value: [NOW_S, 'NaN'] }]);
  expect(await createMetricsReader(nothing.url).now('up')).toBe(undefined);
  const gone = createMetricsReader('http://127.0.0.1:1');
  await expect(gone.now('up')).rejects.toMatchObject({ code: 'UNANSWERED' });
});
