import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

/** What the way to the upstream does to a batch. */
export type Fault = 'none' | 'down' | 'slow' | '429' | '500' | '413' | '422' | 'quarantine';

/** Every fault, in the order of the soak. */
export const FAULTS: readonly Fault[] = ['down', 'slow', '429', '500', '413', '422', 'quarantine'];

/** Stands between the collector and what takes its batches. */
export interface FaultyProxy extends AsyncDisposable {
  url: string;
  fault: Fault;
  /** How many batches met each fault. */
  met: Record<Fault, number>;
}

const MOST_ROWS = 40;

/** Starts one; a row with `poison` in it is refused whatever the fault. */
export async function startFaultyProxy(upstreamUrl: string): Promise<FaultyProxy> {
  const server = createServer();
  const proxy: FaultyProxy = {
    url: '',
    fault: 'none',
    met: Object.fromEntries(['none', ...FAULTS].map((fault) => [fault, 0])) as FaultyProxy['met'],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const { fault } = proxy;
    proxy.met[fault] += 1;
    if (fault === 'down') return void request.socket.destroy();
    const isZipped = request.headers['content-encoding'] === 'gzip';
    const body = await text(isZipped ? request.pipe(createGunzip()) : request).catch(() => '');
    const answer = (status: number, said: object | string, headers = {}) =>
      response
        .writeHead(status, headers)
        .end(typeof said === 'string' ? said : JSON.stringify(said));
    if (body.includes('poison')) return answer(400, 'a row that nobody takes');
    if (fault === '429') return answer(429, 'slow down', { 'retry-after': '1' });
    if (fault === '413' && body.split('\n').length > MOST_ROWS) return answer(413, 'too much');
    // Before or after it wrote: the sender cannot know.
    if (fault === '500' && proxy.met['500'] % 2 === 0) return answer(500, 'oh');
    const taken = await forward(upstreamUrl, request, body);
    if (!taken) return void request.socket.destroy();
    if (fault === 'slow') await delay(1_500);
    if (fault === '500') return answer(500, 'oh');
    if (fault === '422') return answer(422, 'missing in a view');
    if (fault !== 'quarantine') return answer(taken.status, taken.said);
    const { successful_rows } = JSON.parse(taken.said);
    answer(200, { successful_rows: successful_rows - 1, quarantined_rows: 1 });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

async function forward(upstreamUrl: string, request: IncomingMessage, body: string) {
  try {
    const answer = await fetch(`${upstreamUrl}${request.url}`, {
      method: 'POST',
      headers: {
        authorization: String(request.headers['authorization']),
        'prosora-batch': String(request.headers['prosora-batch']),
      },
      body,
    });
    return { status: answer.status, said: await answer.text() };
  } catch {
    return undefined;
  }
}
