import { compose } from '../stack/compose.ts';

/** What Varnish counts: https://varnish-cache.org/docs/7.7/reference/varnish-counters.html */
const COUNTERS = ['cache_hit', 'cache_miss', 's_pass', 'bans_added'] as const;

/** Varnish is not there with PAGES=off, which the container knows. */
const COUNT = `[ "$PAGES" = off ] && echo '{"counters":{}}' || varnishstat -j ${COUNTERS.map((name) => `-f MAIN.${name}`).join(' ')}`;

/**
 * What the memory of pages did since it was started: how many requests it saved Ghost, and how many it did not.
 *
 * @throws ProsoraError `DOCKER` when Varnish does not say
 */
export async function notesOfPages(dir: string): Promise<string[]> {
  const printed = await compose(dir, ['exec', '-T', 'pages', 'sh', '-c', COUNT]);
  return inWords(JSON.parse(printed) as VarnishStat);
}

/** The part of `varnishstat -j` that is read here. */
export interface VarnishStat {
  counters: Record<string, { value: number }>;
}

/** The counters as a person reads them. */
export function inWords({ counters }: VarnishStat): string[] {
  const [hits, misses, passes, bans] = COUNTERS.map((name) => counters[`MAIN.${name}`]?.value);
  if (hits === undefined || misses === undefined || passes === undefined) return ['off'];
  const asked = hits + misses + passes;
  const share = asked === 0 ? 0 : Math.floor((hits / asked) * 100);
  return [
    `${count(hits)} requests saved (${share} %)`,
    `${count(misses)} fetched, ${count(passes)} passed on`,
    // Varnish starts with one of its own.
    `${count(Math.max(0, (bans ?? 1) - 1))} times all was dropped`,
  ];
}

const count = (value: number): string => value.toLocaleString('en');
