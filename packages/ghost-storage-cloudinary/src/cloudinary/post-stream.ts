import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface StreamedPost {
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
  signal: AbortSignal;
}

/**
 * Posts a body as it is read. `fetch` copies each piece of such a body into memory of its own, which
 * then waits for the garbage collector.
 */
export async function postStream(
  url: string,
  { headers, body, signal }: StreamedPost,
): Promise<Response> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = send(url, { method: 'POST', headers, signal });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  const sent = pipeline(Readable.from(body, { objectMode: false }), request);
  // An answer may come before the end of the body, and cut it off: what it says is what counts.
  sent.catch(() => undefined);
  const [response] = await Promise.race([answered, sent.then(() => answered)]);
  const said = await text(response);
  const received = Object.entries(response.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return new Response(said, { status: response.statusCode ?? 0, headers: received });
}
