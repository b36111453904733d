import type { EngineOptions } from './engine.ts';
import { EngineError } from './errors.ts';

/** What a running engine says of itself. */
export interface Status {
  isReady: boolean;
  lines: readonly string[];
}

/**
 * Asks the engine that runs with these options, at its private listener.
 *
 * @throws EngineError `DATABASE_UNAVAILABLE` when nothing listens there.
 */
export async function readStatus(
  { privateHost, privatePort }: Pick<EngineOptions, 'privateHost' | 'privatePort'>,
  fetch = globalThis.fetch,
): Promise<Status> {
  const base = `http://${privateHost}:${privatePort}`;
  const ask = (path: string): Promise<Response> =>
    fetch(`${base}${path}`).catch((cause: unknown) => {
      throw new EngineError('DATABASE_UNAVAILABLE', `No engine answers at ${base}.`, { cause });
    });
  const ready = await ask('/readyz');
  const metrics = await ask('/metrics');
  const readiness = ready.ok ? 'ready' : (await ready.text()).trim();
  return { isReady: ready.ok, lines: [readiness, ...ownValues(await metrics.text())] };
}

/** Our gauges and counters without the labels that every line has. */
function ownValues(metrics: string): string[] {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('prosora_') && !line.startsWith('prosora_query_seconds'))
    .map((line) => line.replace(/,?service="engine"/, '').replace('{}', ''));
}
