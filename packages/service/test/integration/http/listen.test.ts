import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { listen } from '../../../src/http/listen.ts';

test('a listener that closes waits for the answer under way, and not for its connection', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const server = createServer(async (_request, response) => {
    asked.resolve();
    await answer.promise;
    response.end('done');
  });
  const listener = await listen(server, { host: '127.0.0.1', port: 0 });
  server.keepAliveTimeout = 3_600_000;
  const agent = new Agent({ keepAlive: true });
  const request = get(listener.url, { agent });
  await asked.promise;
  // An hour of grace, which nothing may use up.
  const closed = listener.close(3_600_000);
  answer.resolve();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await closed;
  expect(response.statusCode).toBe(200);
  agent.destroy();
});

test('a connection that idles is kept for longer than Caddy keeps it, which is two minutes', async () => {
  const server = createServer((_request, response) => response.end('done'));
  await using listener = await listen(server, { host: '127.0.0.1', port: 0 });
  const { headers } = await fetch(listener.url);
  const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(120);
});
