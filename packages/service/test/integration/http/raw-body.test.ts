import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Listener, listen, RawBodyError, readRawBody } from '../../../src/index.ts';

let listener: Listener;
let before: (request: IncomingMessage) => Promise<void>;

beforeEach(async () => {
  before = async () => {};
  const server = createServer(async (request, response) => {
    try {
      await before(request);
      const body = await readRawBody(request, { maxBodyBytes: 1000, timeoutMs: 200 });
      response.end(body);
    } catch (error) {
      if (!(error instanceof RawBodyError)) throw error;
      response.writeHead(error.status, { connection: 'close' }).end(error.code);
    }
  });
  listener = await listen(server, { host: '127.0.0.1', port: 0 });
});
afterEach(() => listener.close(0));

const post = async (body: string | ReadableStream, headers: Record<string, string> = {}) => {
  const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
  const response = await fetch(listener.url, init);
  return `${response.status} ${await response.text()}`;
};

/** Writes raw bytes to the server and resolves with everything it answers. */
const exchange = (text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });

test('the bytes arrive as they were sent, whether announced or chunked', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 0xc3, 0x28]);
  const echo = await fetch(listener.url, { method: 'POST', body: bytes });
  expect(Buffer.from(await echo.arrayBuffer())).toEqual(bytes);
  expect(await post(new Blob(['{"a": ', '1}']).stream())).toBe('200 {"a": 1}');
});

test('a body over the limit is refused with 413, announced or not, and one at the limit is read', async () => {
  expect(await post('x'.repeat(1000))).toBe(`200 ${'x'.repeat(1000)}`);
  expect(await post('x'.repeat(1001))).toBe('413 BODY_TOO_LARGE');
  expect(await post(new Blob(['x'.repeat(1001)]).stream())).toBe('413 BODY_TOO_LARGE');
});

test('a compressed body is refused with 415', async () => {
  expect(await post('x', { 'content-encoding': 'gzip' })).toBe('415 BODY_ENCODED');
});

test('a body that trickles is refused with 408', async () => {
  const answer = await exchange('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*BODY_TIMEOUT/s);
});

test('a body that a parser already read is refused with the name of the mistake', async () => {
  before = async (request) => {
    for await (const _ of request.iterator({ destroyOnReturn: false }));
  };
  expect(await post('x')).toBe('500 BODY_CONSUMED');
});

test('a sender who hangs up mid-body is told apart from one who is slow', async () => {
  const outcome = new Promise<string>((resolve) => {
    before = async (request) => {
      setImmediate(() => request.socket.destroy());
      const refusal = readRawBody(request, { maxBodyBytes: 1000, timeoutMs: 10_000 });
      await refusal.catch((error: RawBodyError) => resolve(error.code));
    };
  });
  await exchange('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc').catch(() => '');
  expect(await outcome).toBe('BODY_ABORTED');
});
