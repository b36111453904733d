import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN, startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

const MEGABYTE = Buffer.alloc(1_000_000, 'x');

let engine: TestEngine;
const sockets = new Set<Socket>();

beforeAll(async () => {
  engine = await startTestEngine();
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

afterAll(() => engine.close());

/** A request that has been begun and whose sender goes on sending until it has the head of an answer. */
interface Sender {
  socket: Socket;
  /** Resolves with the status line; rejects when the connection ends without one. */
  status: Promise<string>;
}

function send(path: string, headers: Record<string, string>): Sender {
  const { hostname, port } = new URL(engine.url);
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  const head = Object.entries({ host: hostname, ...headers }).map(
    ([name, text]) => `${name}: ${text}`,
  );
  socket.write(`POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
  socket.on('error', () => {});
  const status = once(socket, 'data').then(([data]) => String(data).split('\r\n')[0] ?? '');
  return { socket, status };
}

/** Sends chunks until something has happened, and says what; a connection that is cut ends it too. */
async function sendUntil<Result>(
  socket: Socket,
  happening: Promise<Result>,
): Promise<Result | undefined> {
  let isOver = false;
  const cut = new Promise<undefined>((resolve) => socket.once('close', () => resolve(undefined)));
  const over = Promise.race([happening, cut]).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const drained = new Promise<void>((resolve) => socket.once('drain', resolve));
    socket.write(`${MEGABYTE.length.toString(16)}\r\n`);
    socket.write(MEGABYTE);
    if (!socket.write('\r\n')) await Promise.race([drained, over]);
  }
  return await over;
}

const EVENTS = '/v0/events?name=analytics_events';
const known = { authorization: `Bearer ${ADMIN_TOKEN}` };

describe('who is refused is told so before anything of the body is read', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['403', 'events without a token', EVENTS, {}],
    ['403', 'a pipe without a token', '/v0/pipes/api_kpis.json', {}],
    ['404', 'events of a datasource that is not there', '/v0/events?name=nothing', known],
    ['400', 'a batch with a name of odd characters', EVENTS, { ...known, 'prosora-batch': "x' y" }],
    ['400', 'an encoding that is not known', EVENTS, { ...known, 'content-encoding': 'lzma' }],
    ['404', 'a path that is not there', '/v0/sql', known],
  ])('%s for %s', async (code, _, path, headers) => {
    const sender = send(path, { ...headers, 'content-length': '9000000' });
    // Not a byte of the body was sent.
    expect(await sender.status).toContain(code);
  });

  test('413 for a body that says it is above 10 MB', async () => {
    const sender = send(EVENTS, { ...known, 'content-length': '10000001' });
    expect(await sender.status).toContain('413');
  });

  test('413 for parameters above 100 kB', async () => {
    const sender = send('/v0/pipes/api_kpis.json', {
      ...known,
      'content-type': 'application/json',
      'content-length': '100001',
    });
    expect(await sender.status).toContain('413');
  });
});

describe('who sends too much sees the answer while still sending', () => {
  test.each<[string, string, Record<string, string>]>([
    ['413', 'above 10 MB in chunks that never end', known],
    ['403', 'without a token in chunks that never end', {}],
  ])('%s %s', async (code, _, headers) => {
    const { socket, status } = send(EVENTS, { ...headers, 'transfer-encoding': 'chunked' });
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect(await sendUntil(socket, status)).toContain(code);
    // What comes on top is thrown away for a while, and then the connection is cut.
    await sendUntil(socket, ended);
  });

  test('a connection that was refused serves the next request once the body has ended', async () => {
    const { socket, status } = send(EVENTS, { 'content-length': '1000000' });
    expect(await status).toContain('403');
    socket.write(MEGABYTE);
    socket.write('GET /tokens HTTP/1.1\r\nhost: x\r\n\r\n');
    const [next] = await once(socket, 'data');
    expect(String(next)).toContain('404');
  });
});
