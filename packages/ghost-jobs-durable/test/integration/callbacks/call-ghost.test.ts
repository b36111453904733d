import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { callGhost } from '../../../src/callbacks/call-ghost.ts';

async function answered(status: number, text: string) {
  const server = createServer((_request, response) => response.writeHead(status).end(text));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ghost/api/admin/schedules/posts/1/`;
  const callback = { id: 'one', method: 'PUT', url, time: Date.now() };
  return (await callGhost(callback, new AbortController().signal, 5_000)).kind;
}

test.each([
  [200, '{"posts":[{"id":"1"}]}', 'done'],
  [204, '', 'done'],
  [200, '{"posts":[]}', 'nothing'],
  [200, '<html>We are back soon</html>', 'nothing'],
  [200, '"well"', 'nothing'],
  [404, '{"errors":[{"type":"NotFoundError"}]}', 'nothing'],
  [404, '<html>No such page</html>', 'failed'],
  [503, '<html>We are back soon</html>', 'failed'],
  [401, '{"errors":[{"code":"INVALID_JWT"}]}', 'token'],
])('%i with %j is taken for %s', async (status, text, kind) => {
  expect(await answered(status, text)).toBe(kind);
});
