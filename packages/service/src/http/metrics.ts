import { collectDefaultMetrics, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** By default it wakes each service a hundred times a second, of a site that nobody reads too. */
const LAG_PRECISION_MS = 50;

/**
 * A Prometheus registry of its own for one service, with the Node process's metrics in it.
 * Names read `prosora_<noun>_<unit>`; every line carries `service="<name>"`.
 */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  return registry;
}
