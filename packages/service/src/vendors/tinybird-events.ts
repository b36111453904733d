import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import * as z from 'zod';
import { wasNeverSent } from './never-sent.ts';
import { tinybirdWaitMs } from './tinybird-wait.ts';

/** Which data source of Tinybird, or of what speaks like it. */
export interface TinybirdEventsOptions {
  /** Its origin. */
  url: string;
  /** May append to the data source. */
  token: string;
  datasource: string;
  /** How long to wait for an answer. (Default: 20,000) */
  timeoutMs?: number;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/**
 * What became of a batch. Only `refused` says that its rows are wrong; `halfway` and quarantine that they are there and
 * not where charts look. All else is about the way there, and the batch waits.
 */
export type EventsOutcome =
  /** Written, apart from the rows in quarantine. */
  | { kind: 'accepted'; rows: number; quarantined: number }
  /**
   * Written to the data source but not to a view of it: sending it again would double it there. When a view refused a
   * row, its parts without that row are in the charts only if they are sent again.
   */
  | { kind: 'halfway'; reason: string; isOfRow: boolean }
  /** These rows, or so many of them, will never be taken. */
  | { kind: 'refused'; reason: string }
  /** May be taken later. */
  | {
      kind: 'unavailable';
      reason: string;
      afterMs?: number | undefined;
      /** Whether the rows may be there all the same: no answer came, or one of 5xx. */
      mayBeWritten: boolean;
    }
  /** Nothing will be taken until a person has changed the token, the address or what is between. */
  | { kind: 'misconfigured'; reason: string };

/** The Events API of one data source: https://www.tinybird.co/docs/api-reference/events-api */
export interface TinybirdEvents {
  /**
   * Sends rows as NDJSON and waits until they are written; never throws.
   *
   * @param batch a name that always means the same rows: the engine takes it once
   */
  send(ndjson: string | Buffer, batch?: string, signal?: AbortSignal): Promise<EventsOutcome>;
}

/** The engine knows a batch by this header and takes it once; Tinybird ignores it. */
const BATCH_HEADER = 'prosora-batch';

const ingestResult = z.object({ successful_rows: z.int(), quarantined_rows: z.int() });

const compress = promisify(gzip);
/** Below it a batch fits into a packet or two as it is. */
const COMPRESS_BYTES = 2_048;
/** The engine is next door: the wire costs less than the work. */
const isFar = (url: string) => url.startsWith('https:');

/** The only answers that say something of the rows; each other one of 4xx is about the way there. */
const REFUSED = new Set([400, 413]);
const TRANSIENT = new Set([408, 425, 429]);

/** Creates the client of one data source. */
export function createTinybirdEvents(options: TinybirdEventsOptions): TinybirdEvents {
  const { url, token, datasource, timeoutMs = 20_000, now = Date.now } = options;
  const target = `${url.replace(/\/$/, '')}/v0/events?name=${datasource}&wait=true`;

  return {
    async send(ndjson, batch, signal) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const bytes = typeof ndjson === 'string' ? Buffer.from(ndjson) : ndjson;
      const isZipped = isFar(url) && bytes.length > COMPRESS_BYTES;
      try {
        const answer = await post(target, {
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/x-ndjson',
            ...(isZipped && { 'content-encoding': 'gzip' }),
            ...(batch !== undefined && { [BATCH_HEADER]: batch }),
          },
          body: isZipped ? await compress(bytes, { level: 1 }) : bytes,
          signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
        });
        return outcomeOf(answer, now());
      } catch (error) {
        return { kind: 'unavailable', reason: reasonOf(error), mayBeWritten: !wasNeverSent(error) };
      }
    },
  };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  said: string;
}

/** As `fetch`, which copies a body several times before it is sent. */
async function post(
  url: string,
  { headers, body, signal }: { headers: Record<string, string>; body: Buffer; signal: AbortSignal },
): Promise<Answer> {
  const { request } = url.startsWith('https:') ? https : http;
  const length = { 'content-length': body.length };
  const call = request(url, { method: 'POST', headers: { ...headers, ...length }, signal });
  // After an early answer what is left of the body may meet a closed connection.
  call.on('error', () => undefined).end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    said: await text(response),
  };
}

function outcomeOf({ status, headers, said }: Answer, nowMs: number): EventsOutcome {
  if (status >= 200 && status < 300) return ingested(said);
  const reason = `${status}: ${said.slice(0, 300)}`;
  const afterMs = tinybirdWaitMs(headers, nowMs);
  if (status >= 500 || TRANSIENT.has(status)) {
    return { kind: 'unavailable', reason, afterMs, mayBeWritten: status >= 500 };
  }
  // https://www.tinybird.co/docs/api-reference/events-api#http-status-codes; 409 is the engine's alone.
  if (status === 422 || status === 409) return { kind: 'halfway', reason, isOfRow: status === 422 };
  return { kind: REFUSED.has(status) ? 'refused' : 'misconfigured', reason };
}

/** A 2xx that does not count rows comes from something else than Tinybird. */
function ingested(text: string): EventsOutcome {
  try {
    const { successful_rows, quarantined_rows } = ingestResult.parse(JSON.parse(text));
    return { kind: 'accepted', rows: successful_rows, quarantined: quarantined_rows };
  } catch {
    return { kind: 'misconfigured', reason: 'the answer is not that of an Events API' };
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
