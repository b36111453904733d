import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { createResendClient } from '../../src/resend.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serving = async (listener: RequestListener) =>
  `http://${await listening(createServer(listener))}`;

const clientOf = (baseUrl: string, options: object = {}) =>
  createResendClient({ apiKey: 're_key', baseUrl, ...options });

const LIST = Buffer.from('[{"to":["a@example.org"]}]');

describe('a call to Resend', () => {
  test('brings the bytes and headers there, and the answer back, over one connection', async () => {
    const connections = new Set<unknown>();
    const seen: unknown[] = [];
    const baseUrl = await serving(async (request, response) => {
      connections.add(request.socket);
      const { url, headers } = request;
      seen.push([url, headers['idempotency-key'], headers.authorization, await text(request)]);
      response.setHeader('ratelimit-policy', '5;w=2').setHeader('ratelimit-remaining', '4');
      response.end('{"data":[{"id":"x"}]}');
    });
    const client = clientOf(baseUrl);
    expect(await client.send(LIST, 'key-1')).toMatchObject({
      status: 200,
      connected: true,
      body: { data: [{ id: 'x' }] },
      rate: { limit: null, remaining: 4, windowMs: 2_000 },
    });
    await client.send(Buffer.from('{}'), 'key-2');
    expect(seen).toEqual([
      ['/emails/batch', 'key-1', 'Bearer re_key', LIST.toString()],
      ['/emails', 'key-2', 'Bearer re_key', '{}'],
    ]);
    expect(connections.size).toBe(1);
  });

  test('gives the name, the sentence and the wait of a refusal', async () => {
    const baseUrl = await serving((_request, response) => {
      response.writeHead(429, { 'retry-after': '7' });
      response.end('{"name":"rate_limit_exceeded","message":"Too many requests."}');
    });
    expect(await clientOf(baseUrl).send(LIST, 'key')).toMatchObject({
      status: 429,
      name: 'rate_limit_exceeded',
      message: 'Too many requests.',
      retryAfterMs: 7_000,
    });
  });
});

describe('a call without an answer', () => {
  test('never reached Resend where nothing listens', async () => {
    const server = createTcpServer();
    const address = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await clientOf(`http://${address}`).send(LIST, 'key')).toMatchObject({
      status: null,
      connected: false,
      name: 'ECONNREFUSED',
    });
  });

  test('never reached Resend where the other side speaks no TLS', async () => {
    const address = await listening(createTcpServer((socket) => void socket.end('nonsense')));
    const answer = await clientOf(`https://${address}`).send(LIST, 'key');
    expect(answer).toMatchObject({ status: null, connected: false, name: expect.any(String) });
  });

  test('never reached Resend where the connection does not come about in time', async () => {
    const address = await listening(createTcpServer((socket) => void socket.unref()));
    const client = clientOf(`https://${address}`, { connectTimeoutMs: 50 });
    expect(await client.send(LIST, 'key')).toMatchObject({
      status: null,
      connected: false,
      name: 'CONNECT_TIMEOUT',
    });
  });

  test.each([
    ['is cut off', (response: { destroy(): void }) => response.destroy()],
    ['never comes', () => undefined],
  ])('may have reached Resend where it %s', async (_what, answer) => {
    const baseUrl = await serving((_request, response) => void answer(response));
    const client = clientOf(baseUrl, { timeoutMs: 200 });
    expect(await client.send(LIST, 'key')).toMatchObject({ status: null, connected: true });
  });

  test('ends when it is called off', async () => {
    const calling = new AbortController();
    const baseUrl = await serving(() => calling.abort(new Error('The worker stops.')));
    expect(await clientOf(baseUrl).send(LIST, 'key', calling.signal)).toMatchObject({
      status: null,
      connected: true,
      message: 'The worker stops.',
    });
  });
});
