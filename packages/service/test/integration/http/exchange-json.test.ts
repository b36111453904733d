import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { exchangeJson, type JsonQuestion, listen, wasNeverSent } from '../../../src/index.ts';

const QUESTION: JsonQuestion = { headers: {}, timeoutMs: 5_000, maxChars: 1_000 };

async function ask(answer: RequestListener, question: Partial<JsonQuestion> = {}) {
  const listener = await listen(createServer(answer), { host: '127.0.0.1', port: 0 });
  try {
    return await exchangeJson(new URL('/asked', listener.url), { ...QUESTION, ...question });
  } finally {
    await listener.close(0);
  }
}

/** What an exchange failed with. */
const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

test('what is asked goes out with its headers alone, and the answer comes whatever its status', async () => {
  const headers = { host: 'blog.example.com', cookie: 'a=1' };
  const {
    status,
    headers: got,
    body,
  } = await ask(
    (request, response) => {
      const { host, cookie, 'user-agent': agent, origin } = request.headers;
      response.writeHead(418, { 'set-cookie': ['b=2', 'c=3'] });
      response.end(JSON.stringify([request.method, request.url, host, cookie, agent, origin]));
    },
    { headers },
  );
  expect(status).toBe(418);
  expect(got['set-cookie']).toEqual(['b=2', 'c=3']);
  expect(body).toEqual(['GET', '/asked', 'blog.example.com', 'a=1', null, null]);
});

test('what has a body is posted as JSON', async () => {
  const { body } = await ask(
    async (request, response) => {
      const chunks = await request.toArray();
      const sent = JSON.parse(Buffer.concat(chunks).toString());
      response.end(JSON.stringify([request.method, request.headers['content-type'], sent]));
    },
    { json: { name: 'Ölaf' } },
  );
  expect(body).toEqual(['POST', 'application/json', { name: 'Ölaf' }]);
});

test.each(['<!doctype html>', ''])('%j is an answer without a body', async (text) => {
  const { status, body } = await ask((_, response) => void response.writeHead(502).end(text));
  expect([status, body]).toEqual([502, undefined]);
});

test.each<[string, RequestListener]>([
  ['is silent', () => {}],
  [
    'sends a byte now and then',
    (_, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.once('close', () => clearInterval(timer));
    },
  ],
])('who %s is given up in time, and nobody knows what was done', async (_, answer) => {
  const begunAt = performance.now();
  const error = await failureOf(ask(answer, { timeoutMs: 100 }));
  expect(error).toMatchObject({ name: 'AbortError' });
  expect(performance.now() - begunAt).toBeLessThan(3_000);
  expect(wasNeverSent(error)).toBe(false);
});

test('an answer that is too long is not read to its end', async () => {
  const closed: Promise<unknown>[] = [];
  const error = await failureOf(
    ask((_, response) => {
      closed.push(once(response, 'close'));
      // It never ends.
      response.write(JSON.stringify('x'.repeat(2_000)));
    }),
  );
  expect(error).toMatchObject({ message: 'The answer is longer than that can be.' });
  await Promise.all(closed);
  expect(closed.length).toBe(1);
  const { body } = await ask((_, response) => void response.end(JSON.stringify('x'.repeat(998))));
  expect(body).toHaveLength(998);
});

test('a connection that breaks amid the answer is none, and may have been heard', async () => {
  const error = await failureOf(
    ask((_, response) => {
      response.write('{"half": ', () => response.destroy());
    }),
  );
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  expect(wasNeverSent(error)).toBe(false);
});

test('where nobody listens nothing was done', async () => {
  const error = await failureOf(exchangeJson(new URL('http://127.0.0.1:1'), QUESTION));
  expect(wasNeverSent(error)).toBe(true);
});

test('an exchange that is alone leaves no connection open, another may', async () => {
  const ports: (number | undefined)[] = [];
  const server = createServer((request, response) => {
    ports.push(request.socket.remotePort);
    response.end('{}');
  });
  const listener = await listen(server, { host: '127.0.0.1', port: 0 });
  const address = new URL(listener.url);
  for (const isAlone of [false, false, true, true]) {
    await exchangeJson(address, { ...QUESTION, isAlone });
  }
  await listener.close(0);
  expect(ports[1]).toBe(ports[0]);
  expect(new Set(ports).size).toBe(3);
});
