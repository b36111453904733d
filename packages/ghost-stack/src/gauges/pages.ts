import { runIn } from '../stack/docker-socket.ts';
import type { Readings, Subject } from './keep-gauges.ts';

/** By the metric: Varnish's name of it, https://varnish-cache.org/docs/7.7/reference/varnish-counters.html */
const COUNTERS = {
  prosora_pages_hits_total: 'MAIN.cache_hit',
  prosora_pages_misses_total: 'MAIN.cache_miss',
  prosora_pages_passed_total: 'MAIN.s_pass',
  prosora_pages_objects: 'MAIN.n_object',
  prosora_pages_memory_bytes: 'SMA.s0.g_bytes',
  prosora_pages_memory_free_bytes: 'SMA.s0.g_space',
  prosora_pages_dropped_total: 'MAIN.n_lru_nuked',
} as const;

const NAMES = Object.values(COUNTERS).map((name) => `-f ${name}`);
const SCRIPT = `exec timeout 5 varnishstat -j ${NAMES.join(' ')}`;

/** What `varnishstat -j` prints. */
export function readCounters(printed: string): Readings {
  const { counters } = JSON.parse(printed) as { counters: Record<string, { value: number }> };
  const found = Object.entries(COUNTERS).flatMap(([name, counter]) => {
    const value = counters[counter]?.value;
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

/** The memory of pages, asked in its own container: its numbers are in a file of that. */
export function watchPages(project: string, isOn: () => boolean): Subject {
  return {
    of: 'pages',
    scrapes: 1,
    read: async (signal) =>
      isOn() ? readCounters(await runIn(project, 'pages', SCRIPT, signal)) : {},
  };
}
