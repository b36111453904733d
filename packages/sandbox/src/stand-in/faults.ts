import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import * as z from 'zod';
import type { Random } from './random.ts';
import { parseInput } from './settings.ts';

/** Which requests a fault applies to; all when nothing is said. */
export interface FaultMatch {
  method?: string | undefined;
  /** A regular expression for the path without its query; `^/v1_1/` is a prefix. */
  path?: string | RegExp | undefined;
  /** Lets this many matching requests pass first. (Default: 0) */
  after?: number | undefined;
  /** Applies to this many, then no more. (Default: no end) */
  times?: number | undefined;
  /** Applies to this share of them, decided by the sandbox's seed: 0 to 1. (Default: 1) */
  probability?: number | undefined;
}

/** What happens to a request; waits come first, and a `status` takes the place of the stand-in's answer. */
export interface Fault {
  latencyMs?: number | undefined;
  /** Adds 0 to this, evenly spread. */
  jitterMs?: number | undefined;
  /** Answers this without doing anything; the request's body is read first. */
  status?: number | undefined;
  /** Body of that answer: text as it is, anything else as JSON. */
  body?: unknown;
  /** Headers to add, with or without a `status`. */
  headers?: Record<string, string> | undefined;
  /** Cuts the connection before anything is done. */
  dropBeforeHandling?: boolean | undefined;
  /** Does everything, then cuts the connection instead of answering. */
  dropAfterAccept?: boolean | undefined;
}

/** A fault and the requests it applies to. */
export interface FaultRule {
  match?: FaultMatch | undefined;
  fault: Fault;
}

const faultRulesSchema = z.array(
  z.strictObject({
    match: z
      .strictObject({
        method: z.string().toUpperCase().optional(),
        path: z
          .union([z.string(), z.instanceof(RegExp).transform((path) => path.source)])
          .refine(isRegularExpression, 'is not a regular expression')
          .optional(),
        after: z.int().nonnegative().optional(),
        times: z.int().positive().optional(),
        probability: z.number().min(0).max(1).optional(),
      })
      .default({}),
    fault: z.strictObject({
      latencyMs: z.number().nonnegative().optional(),
      jitterMs: z.number().nonnegative().optional(),
      status: z.int().min(200).max(599).optional(),
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      dropBeforeHandling: z.boolean().optional(),
      dropAfterAccept: z.boolean().optional(),
    }),
  }) satisfies z.ZodType<FaultRule, FaultRule>,
);

type ParsedRule = z.output<typeof faultRulesSchema>[number];

/** The faults of one stand-in. The first rule that matches a request applies. */
export interface Faults {
  /** Replaces all rules. @throws SandboxError `SANDBOX_INPUT` */
  set(rules: readonly FaultRule[]): void;
  clear(): void;
  list(): FaultRule[];
}

/** Creates the faults of a stand-in and the middleware that applies them. */
export function createFaults(random: Random): Faults & { middleware: RequestHandler } {
  let rules: (ParsedRule & { seen: number; applied: number })[] = [];

  const pick = (request: Request): ParsedRule['fault'] | undefined => {
    for (const rule of rules) {
      const { method, path, after = 0, times = Infinity, probability = 1 } = rule.match;
      if (method !== undefined && method !== request.method) continue;
      if (path !== undefined && !new RegExp(path).test(request.path)) continue;
      if (rule.applied >= times) continue;
      rule.seen += 1;
      if (rule.seen <= after || random.next() >= probability) continue;
      rule.applied += 1;
      return rule.fault;
    }
    return undefined;
  };

  const middleware: RequestHandler = async (request, response, next) => {
    const fault = pick(request);
    if (fault === undefined) return next();
    response.locals['faulted'] = true;
    const waitMs = (fault.latencyMs ?? 0) + random.next() * (fault.jitterMs ?? 0);
    if (waitMs > 0) await delay(waitMs);
    if (fault.dropBeforeHandling) return void request.socket.destroy();
    if (fault.headers) response.set(fault.headers);
    if (fault.status !== undefined) return answer(request, response, fault.status, fault.body);
    if (fault.dropAfterAccept) loseAnswer(request, response);
    next();
  };

  return {
    set: (input) => {
      rules = parseInput(faultRulesSchema, input).map((rule) => ({ ...rule, seen: 0, applied: 0 }));
    },
    clear: () => {
      rules = [];
    },
    list: () => rules.map(({ match, fault }) => ({ match, fault })),
    middleware,
  };
}

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

async function answer(request: Request, response: Response, status: number, body: unknown) {
  // Answering while the caller still writes would show it a broken pipe instead of the status.
  request.resume();
  await finished(request).catch(() => undefined);
  response.status(status);
  if (typeof body === 'string') response.send(body);
  else if (body === undefined) response.end();
  else response.json(body);
}

function loseAnswer(request: Request, response: Response): void {
  response.write = () => true;
  response.end = () => {
    request.socket.destroy();
    return response;
  };
}
