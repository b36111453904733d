import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { addressOf } from './operator.ts';

const answers = {
  requests: z.number(),
  errors: z.number().describe('Answered with 500 or more'),
};

/**
 * What Caddy has counted of what it asked Ghost, since pages from memory would hide a Ghost that fails, and beside it
 * what readers got, since a Ghost that is well may not reach them.
 */
export const edgeCounts = z.object({
  ...answers,
  within: z
    .record(z.string(), z.number())
    .describe('How many took at most so many seconds, by that bound in Caddy’s words'),
  readers: z
    .object(answers)
    .default({ requests: 0, errors: 0 })
    .describe('Of all that came to the sites, whoever answered it'),
});
export type EdgeCounts = z.infer<typeof edgeCounts>;

const NAME = 'caddy.watch';
const PORT = 2021;
const LONGEST_MS = 5_000;
/**
 * Caddy counts each request once by the handler that meets it first: of a site, which has a name, that is a `subroute`; on
 * the way to Ghost it is the `reverse_proxy`.
 */
const LINE =
  /^caddy_http_request_duration_seconds_bucket\{code="(\d+)",handler="(reverse_proxy|subroute)",.*le="([^"]+)"\} (\d+)$/gm;

/**
 * Asks the edge for what it has counted since its start, from outside of the stack's networks.
 *
 * @throws Error where it does not answer
 */
export const countsOfEdge = async (dir: string): Promise<EdgeCounts> =>
  await askEdge(await addressOf(dir, 'caddy', 'watch'));

/**
 * Asks the edge for what it has counted since its start.
 *
 * @param host its name is known in the network `watch` alone
 * @throws Error where it does not answer
 */
export async function askEdge(host = NAME): Promise<EdgeCounts> {
  // It answers to no other name, and `fetch` names no host of one's own.
  const headers = { host: `${NAME}:${PORT}` };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const asked = request({ host, port: PORT, path: '/metrics', headers, signal }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const printed = await text(answer);
  if (!printed.includes('\ncaddy_')) {
    throw new Error(`The edge tells no numbers: ${answer.statusCode}.`);
  }
  return readCounts(printed);
}

/** @param printed https://caddyserver.com/docs/metrics in the format of Prometheus */
export function readCounts(printed: string): EdgeCounts {
  const counts = none();
  for (const [, code, handler, bound = '', count] of printed.matchAll(LINE)) {
    const isGhost = handler === 'reverse_proxy';
    if (isGhost) counts.within[bound] = (counts.within[bound] ?? 0) + Number(count);
    if (bound !== '+Inf') continue;
    const of = isGhost ? counts : counts.readers;
    of.requests += Number(count);
    if (Number(code) >= 500) of.errors += Number(count);
  }
  return counts;
}

const none = (): EdgeCounts => ({
  ...{ requests: 0, errors: 0, within: {} },
  readers: { requests: 0, errors: 0 },
});

/** What came between two looks; a Caddy that was started anew between them has counted from 0. */
export function countsBetween(before: EdgeCounts, after: EdgeCounts): EdgeCounts {
  const isAnew =
    after.requests < before.requests || after.readers.requests < before.readers.requests;
  if (isAnew) return after;
  const within = Object.entries(after.within).map(([bound, count]) => [
    bound,
    count - (before.within[bound] ?? 0),
  ]);
  return {
    requests: after.requests - before.requests,
    errors: after.errors - before.errors,
    within: Object.fromEntries(within),
    readers: {
      requests: after.readers.requests - before.readers.requests,
      errors: after.readers.errors - before.readers.errors,
    },
  };
}

/** What came in several times that do not overlap. */
export function sumOf(all: readonly EdgeCounts[]): EdgeCounts {
  const sum = none();
  for (const { requests, errors, within, readers } of all) {
    sum.requests += requests;
    sum.errors += errors;
    sum.readers.requests += readers.requests;
    sum.readers.errors += readers.errors;
    for (const [bound, count] of Object.entries(within)) {
      sum.within[bound] = (sum.within[bound] ?? 0) + count;
    }
  }
  return sum;
}

/** In seconds: the bound under which 99 of 100 requests stay. */
export function p99Of({ requests, within }: EdgeCounts): number {
  const bounds = Object.keys(within).map((bound) => (bound === '+Inf' ? Infinity : Number(bound)));
  const fitting = bounds
    .sort((one, other) => one - other)
    .find((bound) => (within[bound === Infinity ? '+Inf' : String(bound)] ?? 0) >= 0.99 * requests);
  return fitting ?? 0;
}

/**
 * How many requests took longer than so many seconds, by the largest bound up to there that the edge counts by;
 * undefined where it has none.
 */
export function slowerThan(
  { requests, within }: EdgeCounts,
  seconds: number,
): { bound: number; slower: number } | undefined {
  const bounds = Object.keys(within).map(Number);
  const [bound] = bounds.filter((each) => each <= seconds).sort((one, other) => other - one);
  return bound === undefined
    ? undefined
    : { bound, slower: requests - (within[String(bound)] ?? requests) };
}
