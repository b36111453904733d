import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { vi } from 'vitest';

/** A batch as it came in. */
interface Arrival {
  datasource: string | null;
  batch: string;
  token: string | undefined;
  rows: string[];
}

/** How the upstream answers a batch: a status with headers, `cut` drops the connection after writing. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Whether the rows are written all the same. */
  writes?: boolean;
  quarantined?: number;
  body?: string;
  cut?: boolean;
  /** From writing to answering, in milliseconds. */
  delayMs?: number;
}

/** An Events API that writes each batch once by its name, as the engine does. */
export interface Upstream extends AsyncDisposable {
  url: string;
  /** All that came in, taken or not. */
  arrivals: Arrival[];
  /** Batches that were written, by name. */
  written: Map<string, readonly string[]>;
  /** Names that came with other rows than before: must stay empty. */
  changed: string[];
  /** Questions to pipes. */
  asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  /** Rows of all written batches. */
  rows(): string[];
  /** Decides each answer; without it all is taken. */
  answer: (arrival: Arrival, index: number) => Answer | Promise<Answer>;
}

/** Starts one; `port` lets it come back where it was. */
export async function startUpstream(port = 0): Promise<Upstream> {
  const server = createServer();
  const upstream: Upstream = {
    url: '',
    arrivals: [],
    written: new Map(),
    changed: [],
    asked: [],
    answer: () => ({}),
    rows: () => [...upstream.written.values()].flat(),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const isZipped = request.headers['content-encoding'] === 'gzip';
    const plain = isZipped ? request.pipe(createGunzip()) : request;
    const body = await text(plain).catch(() => undefined);
    if (body === undefined) return;
    if (request.url?.startsWith('/v0/pipes/')) {
      const { method = '', url, headers } = request;
      upstream.asked.push({ method, url, headers, body });
      response.setHeader('x-ratelimit-remaining', '9').setHeader('set-cookie', 'a=b');
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
    }
    await takeEvents(upstream, request, response, body);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return upstream;
}

async function takeEvents(
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const arrival = {
    datasource: new URL(request.url ?? '', 'http://upstream').searchParams.get('name'),
    batch: String(request.headers['prosora-batch']),
    token: request.headers.authorization,
    rows: body.split('\n').filter((line) => line !== ''),
  };
  const index = upstream.arrivals.push(arrival) - 1;
  const known = upstream.written.get(arrival.batch);
  if (known && known.join('\n') !== arrival.rows.join('\n')) upstream.changed.push(arrival.batch);
  const { status = 200, headers = {}, ...answer } = await upstream.answer(arrival, index);
  if (answer.writes ?? status === 200) upstream.written.set(arrival.batch, arrival.rows);
  if (answer.delayMs) await delay(answer.delayMs);
  if (answer.cut) return void request.socket.destroy();
  const quarantined = answer.quarantined ?? 0;
  const counts = {
    successful_rows: arrival.rows.length - quarantined,
    quarantined_rows: quarantined,
  };
  response.writeHead(status, headers).end(answer.body ?? JSON.stringify(counts));
}

/** Every row that was written, parsed. */
export function rowsOf(upstream: Upstream) {
  return upstream.rows().map((row) => JSON.parse(row));
}

/** Waits for the row of a hit. */
export async function rowOf(upstream: Upstream, eventId: string) {
  return await vi.waitUntil(() =>
    rowsOf(upstream).find(({ payload }) => payload.event_id === eventId),
  );
}
