import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import {
  createLocalOperator,
  createLogger,
  createMetrics,
  createOperatorClient,
  createVerbOperator,
  findOperatorTokens,
  Gauge,
  type Handlers,
  listen,
  numberLines,
  numbersOf,
  openApiOf,
  openOperatorTokens,
  operation,
  ProsoraError,
  pageInput,
  pageOf,
  serveOperations,
  startPrivateListener,
  tryOperatorTokens,
} from '../../../src/index.ts';

const TOKENS = { read: 'r'.repeat(32), write: 'w'.repeat(32) };

const events = Array.from({ length: 7 }, (_, at) => ({
  id: `e${at}`,
  at: new Date(at).toISOString(),
}));

const operations = {
  list: operation({
    summary: 'Lists events, oldest first.',
    access: 'read',
    input: z.object({ ...pageInput, state: z.enum(['dead', 'done']).optional() }),
    output: pageOf(
      z.object({ id: z.string(), at: z.iso.datetime().transform((at) => new Date(at)) }),
    ),
  }),
  replay: operation({
    summary: 'Tries events again.',
    access: 'write',
    input: z.object({ ids: z.array(z.string().min(2)) }),
    output: z.object({ replayed: z.number() }),
  }),
};

function handlersFor(replayed: string[]): Handlers<typeof operations> {
  return {
    list({ limit, after = '' }) {
      const items = events.filter(({ id }) => id > after).slice(0, limit);
      return { items, next: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
    replay({ ids }) {
      if (ids.includes('gone')) throw new ProsoraError('NOT_FOUND', 'There is no event gone.');
      replayed.push(...ids);
      return { replayed: ids.length };
    },
  };
}

async function startService() {
  const replayed: string[] = [];
  const log: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const logger = createLogger({ name: 'example', destination });
  const handlers = handlersFor(replayed);
  const listener = await startPrivateListener({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('example'),
    routes: serveOperations({ operations, handlers, tokens: TOKENS, logger }),
  });
  const client = (token: string) =>
    createOperatorClient(operations, { url: listener.url, token, caller: 'a test' });
  return { replayed, log, listener, client };
}

test('a client asks with types, page by page, and what a filter does not take is named', async () => {
  const { client, listener } = await startService();
  await using _listener = listener;
  const { ask } = client(TOKENS.read);
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await ask('list', { limit: 3, after });
    ids.push(...page.items.map(({ id }) => id));
    expect(page.items[0]?.at).toBeInstanceOf(Date);
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(ids).toEqual(events.map(({ id }) => id));
  await expect(ask('list', { limit: 5_000 })).rejects.toThrow(/^limit: /);
  await expect(ask('list', { state: 'lost' as never })).rejects.toThrow(/^state: /);
});

test('every change is logged with who asked, and without what was asked', async () => {
  const { client, listener, replayed, log } = await startService();
  await using _listener = listener;
  expect(await client(TOKENS.write).ask('replay', { ids: ['reader@example.com'] })).toEqual({
    replayed: 1,
  });
  expect(replayed).toEqual(['reader@example.com']);
  await expect(client(TOKENS.write).ask('replay', { ids: ['gone'] })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no event gone.',
  });
  expect(log).toMatchObject([
    { event: 'operator.done', operation: 'replay', caller: 'a test' },
    { event: 'operator.failed', operation: 'replay', caller: 'a test' },
  ]);
  expect(JSON.stringify(log)).not.toContain('reader@example.com');
});

test('the token for reading changes nothing, and no token or a wrong one learns nothing', async () => {
  const { client, listener, replayed } = await startService();
  await using _listener = listener;
  await expect(client(TOKENS.read).ask('replay', { ids: ['e1'] })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  for (const authorization of [undefined, 'Bearer ', 'Bearer x', `Basic ${TOKENS.write}`]) {
    for (const path of ['list', 'nothing']) {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await fetch(`${listener.url}/operator/v1/${path}`, { headers });
      expect(response.status).toBe(401);
    }
  }
  expect(replayed).toEqual([]);
});

test('a write is not done by GET, a body that is no JSON is refused, a large one too', async () => {
  const { listener, replayed } = await startService();
  await using _listener = listener;
  const ask = (init: RequestInit) =>
    fetch(`${listener.url}/operator/v1/replay`, {
      ...init,
      headers: { authorization: `Bearer ${TOKENS.write}` },
    });
  expect((await ask({})).status).toBe(405);
  expect((await ask({ method: 'POST', body: '{' })).status).toBe(400);
  expect((await ask({ method: 'POST', body: '[1]' })).status).toBe(400);
  expect((await ask({ method: 'POST', body: 'x'.repeat(2 ** 21) })).status).toBe(413);
  expect(replayed).toEqual([]);
});

test('nobody there is not the same as no answer', async () => {
  const { listener } = await startService();
  await listener.close();
  const { ask } = createOperatorClient(operations, { url: listener.url, token: TOKENS.read });
  await expect(ask('list', {})).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});

test('without a service the same operations run in this process', async () => {
  const replayed: string[] = [];
  const { ask } = createLocalOperator(operations, handlersFor(replayed));
  expect((await ask('list', { limit: 2 })).items[1]).toEqual({ id: 'e1', at: new Date(1) });
  await ask('replay', { ids: ['e1'] });
  expect(replayed).toEqual(['e1']);
  await expect(ask('replay', { ids: ['x'] })).rejects.toThrow(/^ids\.0: /);
});

test('tokens are made once, for whoever may read the folder, and what was set wins', () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'operator-')), 'data');
  expect(findOperatorTokens({ dataDir })).toBeUndefined();
  const made = openOperatorTokens({ dataDir });
  expect(openOperatorTokens({ dataDir })).toEqual(made);
  expect(findOperatorTokens({ dataDir })).toEqual(made);
  expect(statSync(join(dataDir, 'operator-tokens.json')).mode & 0o777).toBe(0o600);
  expect(openOperatorTokens({ dataDir, operatorToken: TOKENS.write })).toEqual({
    write: TOKENS.write,
    read: made.read,
  });
});

test('the OpenAPI document names every operation, with its parameters', () => {
  const document = openApiOf('Example', '1.0.0', operations);
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: {
      '/operator/v1/list': {
        get: { parameters: [{ name: 'limit' }, { name: 'after' }, { name: 'state' }] },
      },
      '/operator/v1/replay': {
        post: {
          requestBody: {
            content: { 'application/json': { schema: { type: 'object', required: ['ids'] } } },
          },
        },
      },
    },
  });
});

test('an answer of somebody between is no refusal of the service', async () => {
  const listener = await startPrivateListener({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('between'),
    routes: async (_request, response) => {
      response.writeHead(502).end('{}');
      return true;
    },
  });
  await using _listener = listener;
  const { ask } = createOperatorClient(operations, { url: listener.url, token: TOKENS.write });
  await expect(ask('replay', { ids: ['e1'] })).rejects.toMatchObject({ code: 'UNANSWERED' });
});

test('a verb asks the service that runs, and where none does this process, for what it can do', async () => {
  const { listener, replayed } = await startService();
  await using _listener = listener;
  const dataDir = mkdtempSync(join(tmpdir(), 'operator-'));
  const at = { dataDir, privateHost: '127.0.0.1', privatePort: listener.port };
  const here: string[] = [];
  const { replay } = handlersFor(here);
  const verb = (options: typeof at & { operatorToken?: string }) =>
    createVerbOperator(operations, options, { name: 'example', local: { replay } });

  await verb({ ...at, operatorToken: TOKENS.write }).ask('replay', { ids: ['e1'] });
  expect([replayed, here]).toEqual([['e1'], []]);
  await expect(
    verb({ ...at, operatorToken: 'x'.repeat(32) }).ask('replay', { ids: ['e1'] }),
  ).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    help: expect.stringContaining(`Is it the example of ${dataDir}?`),
  });
  // No service has made a token in this folder.
  await verb(at).ask('replay', { ids: ['e2'] });
  expect([replayed, here]).toEqual([['e1'], ['e2']]);
  // Whoever has port 80 is not asked.
  await verb({ ...at, privatePort: 0, operatorToken: TOKENS.write }).ask('replay', { ids: ['e0'] });
  await listener.close();
  const stopped = verb({ ...at, operatorToken: TOKENS.write });
  await stopped.ask('replay', { ids: ['e3'] });
  expect(here).toEqual(['e2', 'e0', 'e3']);
  await expect(stopped.ask('list', {})).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    message: `No example answers at ${listener.url}.`,
  });
});

test('a connection that breaks, or an answer that comes too late, is no answer', async () => {
  const server = createServer((request) => {
    if (request.url?.endsWith('list?limit=1')) request.socket.destroy();
  });
  await using listener = await listen(server, { host: '127.0.0.1', port: 0 });
  const { ask } = createOperatorClient(operations, {
    url: listener.url,
    token: TOKENS.read,
    timeoutMs: 50,
  });
  for (const limit of [1, 2]) {
    await expect(ask('list', { limit })).rejects.toMatchObject({ code: 'UNANSWERED' });
  }
  await listener.close(0);
});

test('the numbers of a service are those of its metrics, as data and as lines', async () => {
  const metrics = createMetrics('example');
  const queue = { name: 'prosora_waiting', help: 'w', labelNames: ['queue'], registers: [metrics] };
  new Gauge(queue).set({ queue: 'mail' }, 3);
  const fails = () => {
    throw new Error('is full');
  };
  const numbers = await numbersOf(metrics, { disk: fails, clock: () => {} });
  expect(numbers).toEqual({
    isReady: false,
    failures: ['disk: is full'],
    metrics: [{ name: 'prosora_waiting', labels: { queue: 'mail' }, value: 3 }],
  });
  expect(numberLines(numbers)).toEqual(['disk: is full', 'prosora_waiting{queue="mail"} 3']);
  expect(numberLines(await numbersOf(metrics, {}))[0]).toBe('ready');
});

test('where no token can be kept, the service has none and says so, and no token is in the log', () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'operator-')), 'file');
  const log: string[] = [];
  const logger = createLogger({
    name: 'example',
    destination: { write: (line) => void log.push(line) },
  });
  expect(tryOperatorTokens({ dataDir }, logger)).toEqual(findOperatorTokens({ dataDir }));
  expect(log).toEqual([]);
  writeFileSync(join(dataDir, 'operator-tokens.json'), '{"read": "cut o" ff');
  expect(tryOperatorTokens({ dataDir }, logger)).toBeUndefined();
  expect(log).toEqual([expect.stringContaining('the operator API is closed until the next start')]);
  expect(log.join()).not.toContain('cut o');
});
