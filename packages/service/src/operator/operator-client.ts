import { request } from 'node:http';
import { userInfo } from 'node:os';
import { object, string } from 'zod';
import * as z from 'zod/v4/core';
import { ProsoraError } from '../errors.ts';
import { wasNeverSent } from '../vendors/never-sent.ts';
import type { Handlers, Operations } from './operation.ts';
import { CALLER_HEADER, createRunner, OPERATOR_PATH } from './serve-operations.ts';

/** Asks a service's operations, with the types that they have there. */
export interface Operator<O extends Operations> {
  /**
   * @throws ProsoraError with what the service said; `NOT_RUNNING` when nothing listens there, so that nothing was
   * done; `UNANSWERED` when the connection broke, so that nobody knows
   */
  ask<K extends keyof O & string>(
    name: K,
    input: z.input<O[K]['input']>,
  ): Promise<z.output<O[K]['output']>>;
}

/** Where a service's operator API is. */
export interface OperatorClientOptions {
  /** The private listener's origin. */
  url: string;
  token: string;
  /** Who asks, for the service's log. (Default: the command and the user of this process) */
  caller?: string;
  /** (Default: a minute) */
  timeoutMs?: number;
}

/** As `serveOperations` refuses; anything else comes from somebody between, who says nothing of what was done. */
const refusal = object({
  error: object({ code: string(), message: string(), help: string().optional() }),
});

/** A client of a running service. */
export function createOperatorClient<O extends Operations>(
  operations: O,
  { url, token, caller = thisProcess(), timeoutMs = 60_000 }: OperatorClientOptions,
): Operator<O> {
  return {
    async ask(name, input) {
      const operation = operationOf(operations, name);
      const address = new URL(OPERATOR_PATH + name, url);
      const isWrite = operation.access === 'write';
      if (!isWrite) {
        for (const [key, value] of Object.entries(input as Record<string, unknown>)) {
          if (value !== undefined) address.searchParams.set(key, String(value));
        }
      }
      const { status, text } = await exchange(address, {
        headers: {
          authorization: `Bearer ${token}`,
          [CALLER_HEADER]: caller,
          ...(isWrite && { 'content-type': 'application/json' }),
        },
        body: isWrite ? JSON.stringify(input) : undefined,
        timeoutMs,
      }).catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
      const body = parseJson(text);
      if (status === 200) return z.parse(operation.output, body) as never;
      const said = z.safeParse(refusal, body);
      if (!said.success) {
        const help = 'Is that the private listener of the service?';
        throw new ProsoraError('UNANSWERED', `${url} answers ${status} to ${name}.`, { help });
      }
      const { code, message, help } = said.data.error;
      throw new ProsoraError(code, message, help === undefined ? {} : { help });
    },
  };
}

/** The same in this process, where no service runs. */
export function createLocalOperator<O extends Operations>(
  operations: O,
  handlers: Handlers<O>,
): Operator<O> {
  const run = createRunner(operations, handlers);
  return {
    async ask(name, input) {
      const output = await run(name, input, thisProcess());
      // As it would be after its way through JSON.
      const body: unknown = JSON.parse(JSON.stringify(output ?? null));
      return z.parse(operationOf(operations, name).output, body) as never;
    },
  };
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
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
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

function operationOf<O extends Operations>(operations: O, name: keyof O & string) {
  const operation = operations[name];
  if (operation === undefined)
    throw new ProsoraError('NOT_FOUND', `There is no operation ${name}.`);
  return operation;
}

function unreachable(url: string, cause: unknown): ProsoraError {
  return wasNeverSent(cause)
    ? new ProsoraError('NOT_RUNNING', `Nothing answers at ${url}.`, { cause })
    : new ProsoraError('UNANSWERED', `${url} gave no answer, so nobody knows what was done.`, {
        cause,
      });
}

function thisProcess(): string {
  return `${userInfo().username} at the command line`;
}
