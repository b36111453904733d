import { ProsoraError } from '@prosora/service';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';

/** A course of one metric. */
export interface Series {
  labels: Readonly<Record<string, string>>;
  /** Evenly apart, the last one now; null where nothing was measured. */
  points: { at: string; value: number | null }[];
}

/** How far back a course goes, and of how many points it is. */
export interface Range {
  hours: number;
  points: number;
}

/** What Prometheus or VictoriaMetrics has measured. */
export interface Metrics {
  /** A course for every combination of labels that the query leaves. */
  range(query: string, range: Range): Promise<Series[]>;
  /** The number that a query ends in now; undefined where it finds nothing. */
  now(query: string): Promise<number | undefined>;
}

const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);
const answered = <Result extends z.ZodType>(result: Result) =>
  z.object({ data: z.object({ result: z.array(result) }) });
const matrix = answered(z.object({ metric: labels, values: z.array(sample) }));
const vector = answered(z.object({ metric: labels, value: sample }));

/** The code of what has no metrics, which is no fault: of a store that is down `ops` tells. */
export const NOT_KEPT = 'NOT_KEPT';

const HOUR_S = 3_600;
const TIMEOUT_MS = 5_000;
/** Numbers are measured every 15 s or so: a page that is open need not ask more often. */
const STEP_S = 10;

/** What DNS says of a name that nobody has. Docker has names of what runs alone. */
const NAMELESS: readonly unknown[] = ['ENOTFOUND', 'EAI_AGAIN'];

/**
 * Reads metrics over the HTTP API of Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/).
 *
 * Both throw ProsoraError `NOT_KEPT` where the address has a name that leads nowhere, as in a stack that is not watched,
 * and `UNANSWERED` when there is no answer that can be read.
 */
export function createMetricsReader(url: string, now: () => number = Date.now): Metrics {
  const known = new LRUCache<string, Promise<unknown>>({ max: 200, ttl: STEP_S * 1_000 });
  const present = () => Math.floor(now() / 1_000 / STEP_S) * STEP_S;

  async function ask<Schema extends z.ZodType>(
    path: string,
    query: Record<string, string>,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const address = new URL(`api/v1/${path}`, url.endsWith('/') ? url : `${url}/`);
    address.search = new URLSearchParams(query).toString();
    const asked = known.get(address.href) ?? fetchJson(address);
    known.set(address.href, asked);
    try {
      return schema.parse(await asked);
    } catch (cause) {
      known.delete(address.href);
      const { code } = ((cause as Error).cause ?? {}) as NodeJS.ErrnoException;
      if (NAMELESS.includes(code)) {
        const help = '`./prosora set COMPOSE_PROFILES=watch` has them kept.';
        throw new ProsoraError(NOT_KEPT, 'No metrics are kept.', { cause, help });
      }
      const help = '`./prosora logs metrics` says why.';
      throw new ProsoraError('UNANSWERED', 'The metrics do not answer.', { cause, help });
    }
  }

  return {
    async range(query, { hours, points }) {
      const step = (hours * HOUR_S) / points;
      const end = present();
      const times = Array.from({ length: points }, (_, at) => end - (points - 1 - at) * step);
      const { data } = await ask(
        'query_range',
        { query, start: String(times[0]), end: String(end), step: String(step) },
        matrix,
      );
      return data.result.map(({ metric, values }) => {
        // By their place: the times of the answer may be rounded.
        const known = new Map(
          values.map(([at, value]) => [Math.round((at - (times[0] ?? end)) / step), Number(value)]),
        );
        return {
          labels: metric,
          points: times.map((at, index) => {
            const value = known.get(index);
            const isKnown = value !== undefined && Number.isFinite(value);
            return { at: new Date(at * 1_000).toISOString(), value: isKnown ? value : null };
          }),
        };
      });
    },
    async now(query) {
      const { data } = await ask('query', { query, time: String(present()) }, vector);
      const value = Number(data.result[0]?.value[1] ?? Number.NaN);
      return Number.isFinite(value) ? value : undefined;
    },
  };
}

async function fetchJson(address: URL): Promise<unknown> {
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return await response.json();
}
