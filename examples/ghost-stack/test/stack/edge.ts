import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { inject } from 'vitest';
import { DOMAIN } from './stack.ts';

/** An answer of the edge. */
export interface EdgeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Of the connection: who signed the certificate was checked. */
  remotePort: number;
}

/** What is asked of the edge. */
export interface EdgeRequest {
  method?: string;
  /** (Default: the site's) */
  host?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** (Default: that of the stack under test) */
  port?: number;
  /** The authority to trust. (Default: that of the stack under test) */
  ca?: string;
}

/** Asks the published port over TLS, trusting the edge's own authority alone. */
export async function askEdge(path: string, options: EdgeRequest = {}): Promise<EdgeAnswer> {
  const { method = 'GET', host = DOMAIN, headers = {}, body } = options;
  const { port = inject('stack').port, ca = inject('stack').ca } = options;
  return await new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        servername: host,
        ca,
        method,
        path,
        headers: { host, ...headers },
        agent: false,
      },
      (response) => {
        buffer(response).then((bytes) => {
          const { statusCode: status = 0, headers: answered, socket } = response;
          resolve({ status, headers: answered, body: bytes, remotePort: socket.remotePort ?? 0 });
        }, reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** `fetch` for clients of a site: any of its names, through its published port. (Default: the stack's under test) */
export const fetchThrough =
  (edge: Pick<EdgeRequest, 'port' | 'ca'>): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    const { host, pathname, search } = new URL(request.url);
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const answer = await askEdge(pathname + search, {
      ...edge,
      method: request.method,
      host,
      headers: Object.fromEntries(request.headers),
      ...(body && { body }),
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const each of [value ?? []].flat()) headers.append(name, each);
    }
    const hasBody = ![204, 304].includes(answer.status);
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers,
    });
  };

/** The same for the stack under test. */
export const fetchThroughEdge = fetchThrough({});
