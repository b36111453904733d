import { CollectorError } from './errors.ts';

/** What a running collector says of itself. */
export interface Status {
  isReady: boolean;
  lines: readonly string[];
}

/**
 * Asks the collector that runs with these options, at its private listener.
 *
 * @throws CollectorError `NOT_RUNNING` when nothing listens there.
 */
export async function readStatus(
  { privateHost, privatePort }: { privateHost: string; privatePort: number },
  fetch = globalThis.fetch,
): Promise<Status> {
  const base = `http://${privateHost}:${privatePort}`;
  const ask = (path: string): Promise<Response> =>
    fetch(`${base}${path}`).catch((cause: unknown) => {
      throw new CollectorError('NOT_RUNNING', `No collector answers at ${base}.`, { cause });
    });
  const ready = await ask('/readyz');
  const metrics = await ask('/metrics');
  const readiness = ready.ok ? 'ready' : (await ready.text()).trim();
  return { isReady: ready.ok, lines: [readiness, ...ownValues(await metrics.text())] };
}

/** Our counters and gauges without the label that every line has. */
function ownValues(metrics: string): string[] {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('prosora_') && !line.startsWith('prosora_spool_fsync'))
    .map((line) => line.replace(/,?service="collector"/, '').replace('{}', ''));
}
