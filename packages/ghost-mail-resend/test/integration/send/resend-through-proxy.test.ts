import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test, vi } from 'vitest';
import { createResendClient, wholeBody } from '../../../src/send/resend.ts';

/** A key and its certificate for localhost, made for this test: `openssl req -x509`. */
const PEM = readFileSync(new URL('../../fixtures/localhost.pem', import.meta.url));
const LIST = wholeBody(Buffer.from('[{"to":["a@example.org"]}]'));

const closers: (() => unknown)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0)) close();
});

async function portOf(server: Server & { closeAllConnections(): void }): Promise<number> {
  closers.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A proxy that lets everybody through, as the environment names it to Node. */
async function standBetween(): Promise<void> {
  const proxy = createHttpServer().on('connect', ({ url = '' }, near) => {
    const far = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined).on('close', () => other.destroy());
    }
  });
  const url = `http://127.0.0.1:${await portOf(proxy)}`;
  for (const name of ['HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, url);
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  // Of our own certificate, which nobody has signed.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
}

async function clientOf(listener: RequestListener) {
  await standBetween();
  const port = await portOf(createHttpsServer({ key: PEM, cert: PEM }, listener));
  const baseUrl = `https://localhost:${port}`;
  return createResendClient({ apiKey: 're_key', baseUrl, connectTimeoutMs: 500 });
}

test('a call through a proxy that is cut off may have reached Resend', async () => {
  let received = '';
  const client = await clientOf(async (request) => {
    received = await text(request);
    request.socket.destroy();
  });
  expect(await client.send(LIST, 'key')).toMatchObject({ status: null, connected: true });
  expect(received).not.toBe('');
});

test('a call through a proxy may take longer than its connection', async () => {
  const client = await clientOf((request, response) => {
    request.resume();
    setTimeout(() => response.end('{"data":[]}'), 1_000);
  });
  expect(await client.send(LIST, 'key')).toMatchObject({ status: 200 });
});

test('a call whose proxy is not there never reached Resend', async () => {
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  for (const name of ['HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, 'http://127.0.0.1:1');
  const client = createResendClient({ apiKey: 're_key', baseUrl: 'https://resend.invalid' });
  expect(await client.send(LIST, 'key')).toMatchObject({ status: null, connected: false });
});
