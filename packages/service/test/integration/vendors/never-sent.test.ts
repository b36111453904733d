import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { failureCodeOf, wasNeverSent } from '../../../src/index.ts';

/** What `fetch` and `node:http` throw for a server that closes whatever comes, or for none at all. */
async function failures({ listens }: { listens: boolean }): Promise<unknown[]> {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (!listens) await new Promise((resolve) => server.close(resolve));
  const url = `http://127.0.0.1:${port}/`;
  const fetched = await fetch(url).catch((error: unknown) => error);
  const [got] = await once(get(url), 'error').catch((error: unknown) => [error]);
  server.close();
  return [fetched, got];
}

test('a connection that nobody took sent nothing', async () => {
  for (const error of await failures({ listens: false })) {
    expect(wasNeverSent(error)).toBe(true);
    expect(failureCodeOf(error)).toBe('ECONNREFUSED');
  }
});

test('a connection that broke may have sent everything', async () => {
  for (const error of await failures({ listens: true })) expect(wasNeverSent(error)).toBe(false);
});

test('a call that took too long is told in words: the number that the system has for it says nothing', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(1);
  const error = await fetch(`http://127.0.0.1:${port}/`, { signal }).catch((thrown) => thrown);
  server.close();
  expect(failureCodeOf(error)).toMatch(/timeout/);
});
