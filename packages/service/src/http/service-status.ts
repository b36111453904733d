import { ProsoraError } from '../errors.ts';

/** What a running service says of itself. */
export interface ServiceStatus {
  isReady: boolean;
  /** Its readiness, then its own counters and gauges. */
  lines: readonly string[];
}

/** Which service to ask, and what to leave out. */
export interface ServiceStatusOptions {
  /** The name its metrics carry. */
  name: string;
  privateHost: string;
  privatePort: number;
  /** Metrics that only a machine reads, such as a histogram, by how their names begin. */
  hidden: string;
}

/**
 * Asks a running service at its private listener.
 *
 * @throws ProsoraError `NOT_RUNNING` when nothing listens there.
 */
export async function readServiceStatus(options: ServiceStatusOptions): Promise<ServiceStatus> {
  const { name, privateHost, privatePort, hidden } = options;
  const base = `http://${privateHost}:${privatePort}`;
  const ask = (path: string): Promise<Response> =>
    fetch(`${base}${path}`).catch((cause: unknown) => {
      throw new ProsoraError('NOT_RUNNING', `No ${name} answers at ${base}.`, { cause });
    });
  const ready = await ask('/readyz');
  const metrics = await (await ask('/metrics')).text();
  const own = metrics
    .split('\n')
    .filter((line) => line.startsWith('prosora_') && !line.startsWith(hidden))
    .map((line) => line.replace(new RegExp(`,?service="${name}"`), '').replace('{}', ''));
  return { isReady: ready.ok, lines: [ready.ok ? 'ready' : (await ready.text()).trim(), ...own] };
}
