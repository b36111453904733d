import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startEdge } from '../../src/edge.ts';

test('what a browser says of when its page view came is not handed on', async () => {
  const server = createServer(({ headers }, response) => {
    response.end(JSON.stringify(headers));
  });
  const behind = `http://127.0.0.1:${await portOf(server)}`;
  const spare = createServer();
  const port = await portOf(spare);
  spare.close();
  const edge = await startEdge({
    host: '127.0.0.1',
    port,
    ghostUrl: behind,
    routes: { '/.ghost/analytics/': behind },
  });
  const answer = await fetch(`http://127.0.0.1:${port}/.ghost/analytics/api/v1/page_hit`, {
    headers: { 'x-ghost-analytics-start': '4294967296000', 'x-site-uuid': 'kept' },
  });
  const headers = (await answer.json()) as Record<string, string>;
  await edge.close();
  server.close();
  server.closeAllConnections();
  expect(headers['x-site-uuid']).toBe('kept');
  expect(headers).not.toHaveProperty('x-ghost-analytics-start');
});

test('a connection is kept as long as the edge says, not as long as what stands behind it says', async () => {
  const server = createServer((_request, response) => {
    response.end();
  });
  server.keepAliveTimeout = 999_000;
  const ghostUrl = `http://127.0.0.1:${await portOf(server)}`;
  const spare = createServer();
  const port = await portOf(spare);
  spare.close();
  const edge = await startEdge({ host: '127.0.0.1', port, ghostUrl, routes: {} });
  const { headers } = await fetch(`http://127.0.0.1:${port}/`);
  await edge.close();
  server.close();
  server.closeAllConnections();
  expect(headers.get('keep-alive')).toBe('timeout=125');
});

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
