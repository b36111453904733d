import { CollectorError } from '../errors.ts';
import { clientNetwork } from '../visitor/client-network.ts';
import { drawSeeds, seededHash } from './seeded-hash.ts';

/** Rows of counters, and how many a row has: half a megabyte, however many readers come in a minute. */
const ROWS = 2;
const COUNTERS = 2 ** 16;
const MINUTE_MS = 60_000;

/**
 * Creates the check that keeps one network (an IPv4 address, 64 bits of IPv6) from filling the spool.
 *
 * No address is kept. Each network adds to one counter of each row, and the lowest of them counts: others may share
 * one of its counters and hardly all of them, and nobody gets more than the limit
 * (https://en.wikipedia.org/wiki/Count%E2%80%93min_sketch). A minute ends for all at once.
 *
 * @param perMinute hits of one network in a minute; 0 for no limit
 * @param now milliseconds since any moment, which must not run backwards (Default: `performance.now`)
 * @returns a function that throws CollectorError `TOO_MANY_HITS` for the hit above it
 */
export function createHitLimit(
  perMinute: number,
  now: () => number = () => performance.now(),
): (address: string) => void {
  if (perMinute === 0) return () => {};
  const counts = new Uint32Array(ROWS * COUNTERS);
  const seeds = drawSeeds(ROWS);
  let endsAt = now() + MINUTE_MS;

  return (address) => {
    if (now() >= endsAt) {
      counts.fill(0);
      endsAt = now() + MINUTE_MS;
    }
    const network = clientNetwork(address);
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < ROWS; row += 1) {
      const place = row * COUNTERS + (seededHash(network, seeds[row] ?? 0) & (COUNTERS - 1));
      const count = (counts[place] ?? 0) + 1;
      counts[place] = count;
      least = Math.min(least, count);
    }
    if (least > perMinute) {
      throw new CollectorError('TOO_MANY_HITS', 'too many hits from this address');
    }
  };
}
