import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'httpxy';

/** Where the edge listens and what stands behind it. */
export interface EdgeOptions {
  port: number;
  /** Ghost's own address, such as `http://127.0.0.1:40123`. */
  ghostUrl: string;
  /** Paths that go elsewhere, by how they begin. */
  routes: Record<string, string>;
}

/** The running edge. */
export interface Edge {
  close(): Promise<void>;
}

/**
 * The front door of the local example: one reverse proxy with the routes that the reference stack's
 * Caddyfile has, so that Ghost sees what it sees in production. It listens on loopback only.
 *
 * @throws the server's own error when the port is taken.
 */
export async function startEdge({ port, ghostUrl, routes }: EdgeOptions): Promise<Edge> {
  const proxy = createProxyServer({ xfwd: true });
  const targetOf = ({ url = '/' }: IncomingMessage): string =>
    Object.entries(routes).find(([path]) => url.startsWith(path))?.[1] ?? ghostUrl;
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await proxy.web(request, response, { target: targetOf(request) });
    } catch {
      // Services restart when they are updated; a browser and a webhook's sender try again.
      if (!response.headersSent) response.writeHead(502, { 'retry-after': '2' });
      response.end('The service behind this address does not answer yet. Try again in a moment.\n');
    }
  };
  const server = createServer(forward);
  server.on('upgrade', (request, socket, head) => {
    proxy.ws(request, socket as Socket, { target: ghostUrl }, head).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, 'localhost', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
