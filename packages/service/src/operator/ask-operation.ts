import { request } from 'node:http';
import { object, string } from 'zod';
import * as z from 'zod/v4/core';
import { ProsoraError } from '../errors.ts';
import { wasNeverSent } from '../vendors/never-sent.ts';
import { CALLER_HEADER, OPERATOR_PATH, printable } from './serve-operations.ts';

/** No page of a list comes near it. */
const MOST_CHARS = 8_000_000;

/** One question to a service's operator API. */
export interface OperationCall {
  /** The private listener's origin. */
  url: string;
  token: string;
  /** Who asks, for the service's log. */
  caller: string;
  name: string;
  isWrite: boolean;
  input: object;
  timeoutMs: number;
}

/** As `serveOperations` refuses; anything else comes from somebody between, who says nothing of what was done. */
const refusal = object({
  error: object({ code: string(), message: string(), help: string().optional() }),
});

/**
 * Asks a service, and resolves to the JSON of its answer as it came.
 *
 * @throws ProsoraError with what the service said; `NOT_RUNNING` when nothing listens there, so that nothing was done;
 * `UNANSWERED` when the connection broke, so that nobody knows
 */
export async function askOperation(call: OperationCall): Promise<unknown> {
  const { url, token, caller, name, isWrite, input, timeoutMs } = call;
  const address = new URL(OPERATOR_PATH + name, url);
  if (!isWrite) {
    for (const [key, value] of Object.entries(input)) {
      if (value !== undefined) address.searchParams.set(key, String(value));
    }
  }
  const { status, text } = await exchange(address, {
    headers: {
      authorization: `Bearer ${token}`,
      // A name may have signs that no header takes, and the service writes down no other than these.
      [CALLER_HEADER]: printable(caller),
      ...(isWrite && { 'content-type': 'application/json' }),
    },
    body: isWrite ? JSON.stringify(input) : undefined,
    timeoutMs,
  }).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  const body = parseJson(text);
  if (status === 200 && body !== undefined) return body;
  const said = z.safeParse(refusal, body);
  if (!said.success) {
    const help = 'Is that the private listener of the service?';
    throw new ProsoraError('UNANSWERED', `${url} answers ${status} to ${name}.`, { help });
  }
  const { code, message, help } = said.data.error;
  throw new ProsoraError(code, message, help === undefined ? {} : { help });
}

/**
 * One call on a connection of its own. Not by `fetch`, which gives up an answer that begins after five minutes whatever
 * its signal says: a service answers when the work is done, and a backup may take an hour.
 */
function exchange(
  address: URL,
  { headers, body, timeoutMs }: Exchange,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    } as const;
    const asked = request(address, options, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk;
          if (text.length > MOST_CHARS) throw new Error('The answer is longer than that can be.');
        }
        resolve({ status: response.statusCode, text });
      } catch (error) {
        reject(error);
      }
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

interface Exchange {
  headers: Record<string, string>;
  body: string | undefined;
  timeoutMs: number;
}

/** Undefined for what is none, as from somebody between. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): ProsoraError {
  return wasNeverSent(cause)
    ? new ProsoraError('NOT_RUNNING', `Nothing answers at ${url}.`, { cause })
    : new ProsoraError('UNANSWERED', `${url} gave no answer, so nobody knows what was done.`, {
        cause,
      });
}
