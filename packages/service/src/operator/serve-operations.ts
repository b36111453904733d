import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import * as z from 'zod/v4/core';
import { ProsoraError } from '../errors.ts';
import { readRawBody } from '../http/raw-body.ts';
import { isSameSecret } from '../secrets/same-secret.ts';
import type { Handlers, Operation, Operations } from './operation.ts';
import type { OperatorTokens } from './operator-tokens.ts';

/** What the operator API of a service is made of. */
export interface ServeOperationsOptions<O extends Operations> {
  operations: O;
  handlers: Handlers<O>;
  tokens: OperatorTokens;
  logger: Logger;
  /** Codes of the service's own errors that tell its operator what to set right first: 409, as `REFUSED` is. */
  refusals?: readonly string[];
}

/** Under which all operations are; the number changes when a client would have to. */
export const OPERATOR_PATH = '/operator/v1/';
/** Names who asks, for the log. */
export const CALLER_HEADER = 'x-prosora-caller';

const LIMITS = { maxBodyBytes: 1024 ** 2, timeoutMs: 10_000 };
const LONGEST_CALLER = 200;
const STATUS_OF_CODE: Record<string, number> = { USAGE: 400, NOT_FOUND: 404, REFUSED: 409 };

/** What a caller did wrong, and the status that says so. */
class CallError extends ProsoraError {
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(code, message);
    this.status = status;
  }
}

/**
 * Answers a service's operations as JSON: `GET /operator/v1/NAME?…` for those that read, `POST` with a JSON body for
 * those that write. The token stands in `Authorization: Bearer`, and is looked at before anything else. Every write is
 * logged with who asked for it and how it ended.
 *
 * Resolves to false for a request that is for somebody else.
 */
export function serveOperations<O extends Operations>(options: ServeOperationsOptions<O>) {
  const { operations, handlers, tokens, logger, refusals = [] } = options;
  const run = createRunner(operations, handlers);

  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const url = new URL(request.url ?? '/', 'http://operator');
    if (!url.pathname.startsWith(OPERATOR_PATH)) return false;
    const name = url.pathname.slice(OPERATOR_PATH.length);
    try {
      const isWriter = mayWrite(request, tokens);
      const isWrite = accessTo(operations, name) === 'write';
      if (isWrite && !isWriter) throw new CallError(403, 'FORBIDDEN', 'This token may only read.');
      const method = isWrite ? 'POST' : 'GET';
      if (request.method !== method) {
        response.setHeader('allow', method);
        throw new CallError(405, 'METHOD', `${name} is asked with ${method}.`);
      }
      const given = isWrite ? await readJson(request) : Object.fromEntries(url.searchParams);
      const caller = callerOf(request);
      const output = isWrite
        ? await logged({ logger, operation: name, caller }, () => run(name, given, caller))
        : await run(name, given, caller);
      answer(response, 200, output ?? null);
    } catch (error) {
      answerError(response, error, { logger, refusals });
    }
    return true;
  };
}

/** Parses what was given to an operation and does it; `USAGE` names each field that is wrong. */
export function createRunner<O extends Operations>(operations: O, handlers: Handlers<O>) {
  const byName = handlers as Record<string, (input: unknown, caller: string) => unknown>;
  return async (name: string, given: unknown, caller: string): Promise<unknown> => {
    accessTo(operations, name);
    const parsed = z.safeParse((operations[name] as Operation).input, given);
    if (parsed.success) return await byName[name]?.(parsed.data, caller);
    const wrong = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'input'}: ${message}`,
    );
    throw new CallError(400, 'USAGE', wrong.join('; '));
  };
}

function accessTo(operations: Operations, name: string): Operation['access'] {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation !== undefined) return operation.access;
  throw new CallError(404, 'NOT_FOUND', `There is no operation ${name}.`);
}

/** What was asked is left out, since it may name a reader. */
async function logged<Output>(
  { logger, ...who }: { logger: Logger; operation: string; caller: string },
  work: () => Promise<Output>,
): Promise<Output> {
  try {
    const output = await work();
    logger.info({ event: 'operator.done', ...who }, 'an operator changed something');
    return output;
  } catch (error) {
    logger.warn({ event: 'operator.failed', ...who }, 'an operator could not change something');
    throw error;
  }
}

/** @throws CallError without a token that is known */
function mayWrite(request: IncomingMessage, tokens: OperatorTokens): boolean {
  const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  // Two while it changes.
  const isOneOf = (known: string) =>
    known
      .split(',')
      .map((each) => isSameSecret(given, each))
      .includes(true);
  if (isOneOf(tokens.write)) return true;
  if (isOneOf(tokens.read)) return false;
  throw new CallError(
    401,
    'UNAUTHORIZED',
    'The operator API wants its token: Authorization: Bearer TOKEN.',
  );
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readRawBody(request, LIMITS);
  try {
    return JSON.parse(Buffer.from(body).toString() || '{}');
  } catch {
    throw new CallError(400, 'USAGE', 'The body is not JSON.');
  }
}

/** A header takes no other sign, and a line of the log may be broken by one. */
export const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?');

/** No more than a name. */
function callerOf(request: IncomingMessage): string {
  const given = request.headers[CALLER_HEADER];
  const text = typeof given === 'string' ? given : 'unknown';
  return printable(text).slice(0, LONGEST_CALLER);
}

function answerError(
  response: ServerResponse,
  error: unknown,
  { logger, refusals }: { logger: Logger; refusals: readonly string[] },
): void {
  const { code = 'UNEXPECTED', message, help } = error as ProsoraError;
  const known = STATUS_OF_CODE[refusals.includes(code) ? 'REFUSED' : code];
  const status = (error as Partial<CallError>).status ?? known ?? 500;
  if (status >= 500) logger.error({ event: 'operator.error', err: error }, 'an operation failed');
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  answer(response, status, { error: { code, message, help } });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
