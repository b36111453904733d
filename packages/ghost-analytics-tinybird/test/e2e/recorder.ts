import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A hit as a browser sent it. */
interface RecordedHit {
  contentType: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a script sends is what the tests look at.
  body: any;
}

/** Stands where the collector would, and has pages of its own outside Ghost. */
export interface Recorder extends AsyncDisposable {
  url: string;
  /** Where hits go. */
  endpoint: string;
  hits: RecordedHit[];
  /** Pages by path. */
  pages: Map<string, string>;
}

/** Our script as it is served. */
export const TRACKER = readFileSync(
  new URL('../../src/tracker/tracker.js', import.meta.url),
  'utf8',
);

/** Starts one. */
export async function startRecorder(): Promise<Recorder> {
  const hits: RecordedHit[] = [];
  const pages = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'content-type,x-site-uuid');
    if (request.method === 'POST') {
      const body = JSON.parse(await text(request));
      hits.push({ contentType: request.headers['content-type'], body });
      return response.writeHead(202).end();
    }
    if (path === '/tracker.js') {
      return response.setHeader('content-type', 'text/javascript').end(TRACKER);
    }
    response.setHeader('content-type', 'text/html').end(pages.get(path) ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    endpoint: `${url}/.ghost/analytics/api/v1/page_hit`,
    hits,
    pages,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
