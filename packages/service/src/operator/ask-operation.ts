import { object, string } from 'zod';
import * as z from 'zod/v4/core';
import { ProsoraError } from '../errors.ts';
import { exchangeJson } from '../http/exchange-json.ts';
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
  const { status, body } = await exchangeJson(address, {
    headers: {
      authorization: `Bearer ${token}`,
      // A name may have signs that no header takes, and the service writes down no other than these.
      [CALLER_HEADER]: printable(caller),
    },
    json: isWrite ? input : undefined,
    timeoutMs,
    maxChars: MOST_CHARS,
    isAlone: true,
  }).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  if (status === 200 && body !== undefined) return body;
  const said = z.safeParse(refusal, body);
  if (!said.success) {
    const help = 'Is that the private listener of the service?';
    throw new ProsoraError('UNANSWERED', `${url} answers ${status} to ${name}.`, { help });
  }
  const { code, message, help } = said.data.error;
  throw new ProsoraError(code, message, help === undefined ? {} : { help });
}

function unreachable(url: string, cause: unknown): ProsoraError {
  return wasNeverSent(cause)
    ? new ProsoraError('NOT_RUNNING', `Nothing answers at ${url}.`, { cause })
    : new ProsoraError('UNANSWERED', `${url} gave no answer, so nobody knows what was done.`, {
        cause,
      });
}
