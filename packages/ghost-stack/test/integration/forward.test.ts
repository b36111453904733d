import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../src/forward.ts');

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('each connection is handed on, and one that nobody takes ends and no other', async () => {
  const [port, target] = [await freePort(), await freePort()];
  const program = spawn(process.execPath, [PROGRAM, `${port}`, '127.0.0.1', `${target}`]);
  onTestFinished(() => {
    program.kill();
  });
  const ask = async () =>
    (await fetch(`http://127.0.0.1:${port}/a?b`, { headers: { connection: 'close' } })).text();
  await vi.waitUntil(() => ask().catch(({ cause }) => cause.code !== 'ECONNREFUSED'), {
    timeout: 10_000,
  });
  await expect(ask()).rejects.toThrow();
  const server = createServer((request, response) => {
    response.end(`${request.url} of ${request.headers.host}`);
  }).listen(target, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  expect(await ask()).toBe(`/a?b of 127.0.0.1:${port}`);
});
