import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createResendClient, wholeBody } from '../../../src/send/resend.ts';

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

const TEXT = '[{"to":["a@example.org"]}]';
const LIST = wholeBody(Buffer.from(TEXT));

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
    await client.send(wholeBody(Buffer.from('{}')), 'key-2');
    expect(seen).toEqual([
      ['/emails/batch', 'key-1', 'Bearer re_key', TEXT],
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

  /** Pieces of so many bytes in one memory, each overwritten when the next is asked for. */
  function piecesOf(count: number, bytes: number) {
    const memory = Buffer.alloc(bytes);
    const made: number[] = [];
    let hasEnded = false;
    function* pieces() {
      try {
        for (let piece = 0; piece < count; piece++) {
          made.push(piece);
          yield memory.fill(97 + (piece % 26));
        }
      } finally {
        hasEnded = true;
      }
    }
    const body = { length: count * bytes, isList: true, pieces };
    return { body, made, hasEnded: () => hasEnded };
  }

  test('writes a body piece by piece as it is taken, each whole before the next is made', async () => {
    let received = '';
    const { body, made, hasEnded } = piecesOf(40, 1_000_000);
    const baseUrl = await serving(async (request, response) => {
      // Longer than what the sockets between hold.
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(made.length).toBeLessThan(40);
      received = await text(request);
      response.end('{"data":[]}');
    });
    expect(await clientOf(baseUrl).send(body, 'key')).toMatchObject({ status: 200 });
    const letters = Array.from({ length: 40 }, (_, piece) =>
      String.fromCharCode(97 + (piece % 26)),
    );
    expect(received === letters.map((letter) => letter.repeat(1_000_000)).join('')).toBe(true);
    expect(hasEnded()).toBe(true);
  });

  test('makes no more of a body that is answered before it was read', async () => {
    const { body, made, hasEnded } = piecesOf(200, 1_000_000);
    const baseUrl = await serving((_request, response) => {
      response.writeHead(413).end('{"name":"too_large","message":"No."}');
    });
    expect(await clientOf(baseUrl).send(body, 'key')).toMatchObject({ status: 413 });
    await vi.waitUntil(hasEnded);
    expect(made.length).toBeLessThan(200);
  });

  test('lets go of a body when its call is cut off', async () => {
    const { body, hasEnded } = piecesOf(200, 1_000_000);
    const baseUrl = await serving(() => undefined);
    const calling = new AbortController();
    const answer = clientOf(baseUrl).send(body, 'key', calling.signal);
    setTimeout(() => calling.abort(), 100);
    expect(await answer).toMatchObject({ status: null, connected: true });
    await vi.waitUntil(hasEnded);
  });

  test('lets go of a body when there is no connection', async () => {
    const { body, hasEnded } = piecesOf(2, 10);
    expect(await clientOf('http://127.0.0.1:1').send(body, 'key')).toMatchObject({
      connected: false,
    });
    await vi.waitUntil(hasEnded);
  });
});
