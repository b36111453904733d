import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { parseRetryAfter } from '@prosora/service';
import * as z from 'zod';

/** How Resend is reached. */
export interface ResendOptions {
  apiKey: string;
  /** (Default: `https://api.resend.com`) */
  baseUrl?: string;
  /** Longest duration of one call, in ms. (Default: 60,000) */
  timeoutMs?: number;
  /** Longest duration of making a connection for it, in ms. (Default: 10,000) */
  connectTimeoutMs?: number;
}

/** What came back from Resend; `status` is null when nothing did. */
export interface ResendAnswer {
  status: number | null;
  /** False when no connection came about, so that Resend cannot have seen anything of the call. */
  connected: boolean;
  /** Resend's word for the error, such as `rate_limit_exceeded`, or the network's code. */
  name: string | null;
  /** Resend's sentence for the error, or what the network said. */
  message: string;
  /** The parsed body of a 2xx. */
  body: unknown;
  /** Calls allowed in a second, calls left of them, and ms until there are more. */
  rate: {
    limit: number | null;
    remaining: number | null;
    resetMs: number | null;
    /** The stretch that the limit counts. */
    windowMs: number | null;
  };
  /** The wait that Resend asked for. */
  retryAfterMs: number | null;
}

/** The body of a call, which may be made while it is written. */
export interface CallBody {
  /** In bytes. */
  length: number;
  /** A list of mails, and not one. */
  isList: boolean;
  /** Its bytes in order. A piece stays as it is until the next is asked for, or the iteration is ended. */
  pieces(): Iterable<Uint8Array>;
}

/** `[` */
const LIST = 0x5b;

/** A body whose bytes are there. They must stay as they are until there is an answer. */
export function wholeBody(bytes: Uint8Array): CallBody {
  return { length: bytes.length, isList: bytes[0] === LIST, pieces: () => [bytes] };
}

/** The one call that needs its exact bytes in our hands. */
export interface ResendClient {
  /**
   * `POST /emails/batch` for a list, permissive: mails that Resend finds wrong are named, the others go out;
   * `POST /emails` for a single mail, which may carry files. Never throws: whatever happens is an answer.
   */
  send(body: CallBody, idempotencyKey: string, signal?: AbortSignal): Promise<ResendAnswer>;
}

/** Below what servers keep an idle connection for: a call on one that they close is in doubt. */
const IDLE_MS = 4_000;

const errorSchema = z.object({ name: z.string(), message: z.string() });

/**
 * Creates the client. The SDK serialises bodies by itself, and `fetch` copies each of them several times: here a
 * body of 5 MB is written piece by piece, as fast as it is taken.
 */
export function createResendClient(options: ResendOptions): ResendClient {
  const { apiKey, baseUrl = 'https://api.resend.com' } = options;
  const { timeoutMs = 60_000, connectTimeoutMs = 10_000 } = options;
  const { request, Agent } = baseUrl.startsWith('https:') ? https : http;
  // As `fetch` does.
  const usesProxy = process.env['NODE_USE_ENV_PROXY'] === '1';
  const agent = new Agent({
    keepAlive: true,
    timeout: IDLE_MS,
    ...(usesProxy && { proxyEnv: process.env }),
  });
  return {
    async send(body, idempotencyKey, signal) {
      const ended = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      const call = request(`${baseUrl}/emails${body.isList ? '/batch' : ''}`, {
        method: 'POST',
        agent,
        signal: ended,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'content-length': body.length,
          'idempotency-key': idempotencyKey,
          'user-agent': 'prosora-mail',
          'x-batch-validation': 'permissive',
        },
      });
      const connected = watchConnection(call, connectTimeoutMs);
      try {
        writeBody(call, body).catch((error) => call.destroy(error));
        const [response] = (await once(call, 'response')) as [IncomingMessage];
        const said = await text(response);
        // Who answers early wants no more of it.
        if (!call.writableEnded) call.destroy();
        return toAnswer(response, said);
      } catch (error) {
        return noAnswer(ended.aborted ? ended.reason : error, connected());
      }
    },
  };
}

async function writeBody(call: ClientRequest, body: CallBody): Promise<void> {
  for (const piece of body.pieces()) {
    await taken(call, piece);
    if (call.destroyed) return;
  }
  call.end();
}

/** Resolves when nothing reads the piece any more. */
function taken(call: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('close', done);
      resolve();
    };
    call.once('close', done);
    call.write(piece, done);
  });
}

/** Ends a call that gets no connection in time. Returns how to ask whether it has one. */
function watchConnection(call: ClientRequest, timeoutMs: number): () => boolean {
  let connected = false;
  const tooLong = setTimeout(() => {
    const message = `No connection within ${timeoutMs} ms.`;
    call.destroy(Object.assign(new Error(message), { code: 'CONNECT_TIMEOUT' }));
  }, timeoutMs);
  const isThere = () => {
    connected = true;
    clearTimeout(tooLong);
  };
  call.once('socket', (socket) => {
    // Through a proxy there is a socket only once the tunnel and the TLS in it stand: no event comes any more.
    if (call.reusedSocket || !socket.connecting) isThere();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', isThere);
  });
  call.once('close', () => clearTimeout(tooLong));
  // Also after the answer has begun.
  call.on('error', () => undefined);
  return () => connected;
}

function toAnswer(
  { statusCode: status = 0, headers }: IncomingMessage,
  said: string,
): ResendAnswer {
  const body = parseJson(said);
  const error = status >= 200 && status < 300 ? undefined : errorSchema.safeParse(body).data;
  const header = (name: string) => headers[name]?.toString() ?? null;
  const number = (name: string) => {
    const value = Number.parseFloat(header(name) ?? '');
    return Number.isNaN(value) ? null : value;
  };
  const resetSeconds = number('ratelimit-reset');
  return {
    status,
    connected: true,
    name: error?.name ?? null,
    message: error?.message ?? `Resend answered ${status}.`,
    body,
    rate: {
      limit: number('ratelimit-limit'),
      remaining: number('ratelimit-remaining'),
      resetMs: resetSeconds === null ? null : resetSeconds * 1000,
      windowMs: windowMs(header('ratelimit-policy')),
    },
    retryAfterMs: parseRetryAfter(header('retry-after'), Date.now()) ?? null,
  };
}

function noAnswer(error: unknown, connected: boolean): ResendAnswer {
  const code = (error as { code?: unknown } | undefined)?.code;
  const name = typeof code === 'string' ? code : null;
  // Where several addresses were tried in vain there is no sentence.
  const message = (error instanceof Error ? error.message : String(error)) || 'No connection.';
  return {
    status: null,
    connected,
    name,
    message,
    body: undefined,
    rate: { limit: null, remaining: null, resetMs: null, windowMs: null },
    retryAfterMs: null,
  };
}

/** `5;w=1`: five in a second. */
function windowMs(policy: string | null): number | null {
  const seconds = Number(/;\s*w=(\d+)/.exec(policy ?? '')?.[1] ?? 0);
  return seconds > 0 ? seconds * 1000 : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
