import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { listen } from '@prosora/service';
import { createProxyServer } from 'httpxy';

/** Where the edge listens and what stands behind it. */
export interface EdgeOptions {
  /** (Default: `localhost`) */
  host?: string;
  port: number;
  /** Ghost's own address, such as `http://127.0.0.1:40123`. */
  ghostUrl: string;
  /** Paths that go elsewhere, by how they begin. */
  routes: Record<string, string>;
  /** Scripts that are served in place of Ghost's own: files by path. */
  scripts?: Record<string, string>;
  /** Key and certificate in PEM: with them the edge speaks https. */
  tls?: { key: string; cert: string };
}

/** The running edge. */
export interface Edge {
  close(): Promise<void>;
}

/**
 * The front door of the local example: one reverse proxy with the routes that the reference stack's
 * Caddyfile has, so that Ghost sees what it sees in production.
 *
 * @throws ProsoraError `LISTEN_FAILED` when the port is taken.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { host = 'localhost', port, ghostUrl, routes, scripts = {}, tls } = options;
  const proxy = createProxyServer({ xfwd: true });
  const targetOf = ({ url = '/' }: IncomingMessage): string =>
    Object.entries(routes).find(([path]) => url.startsWith(path))?.[1] ?? ghostUrl;
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // The collector takes it for the edge's own word.
    delete request.headers['x-ghost-analytics-start'];
    const script = scripts[request.url?.split('?')[0] ?? ''];
    if (script) return sendScript(script, response);
    try {
      await proxy.web(request, response, { target: targetOf(request) });
    } catch {
      // Services restart when they are updated; a browser and a webhook's sender try again.
      if (!response.headersSent) response.writeHead(502, { 'retry-after': '2' });
      response.end('The service behind this address does not answer yet. Try again in a moment.\n');
    }
  };
  const server = tls ? createTlsServer(tls, forward) : createServer(forward);
  server.on('upgrade', (request, socket, head) => {
    proxy.ws(request, socket as Socket, { target: ghostUrl }, head).catch(() => socket.destroy());
  });
  // What stands behind the edge speaks of its own connection: by its word a caller comes back to one that is closed.
  proxy.on('proxyRes', ({ headers }) => {
    headers['keep-alive'] = `timeout=${server.keepAliveTimeout / 1_000}`;
  });
  const listener = await listen(server, { host, port });
  return { close: () => listener.close(0) };
}

async function sendScript(file: string, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'text/javascript; charset=utf-8').end(await readFile(file));
}
