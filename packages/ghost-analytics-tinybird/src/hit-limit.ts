import { clientNetwork } from './client-network.ts';
import { CollectorError } from './errors.ts';

const WINDOW_MS = 60_000;

/**
 * Creates the check that keeps one network (an IPv4 address, 64 bits of IPv6) from filling the spool.
 * Addresses are in memory only, for a minute. It is the same minute for all, since a timer for each
 * takes several times the memory of the address.
 *
 * @param perMinute hits of one network in a minute; 0 for no limit
 * @param now milliseconds since 1970
 * @returns a function that throws CollectorError `TOO_MANY_HITS` for the hit above it
 */
export function createHitLimit(perMinute: number, now = Date.now): (address: string) => void {
  if (perMinute === 0) return () => {};
  const hits = new Map<string, number>();
  let endsAt = 0;

  return (address) => {
    const at = now();
    // A clock that is set back would else make the minute longer.
    if (at >= endsAt || at < endsAt - WINDOW_MS) {
      hits.clear();
      endsAt = at + WINDOW_MS;
    }
    const network = clientNetwork(address);
    const count = (hits.get(network) ?? 0) + 1;
    hits.set(network, count);
    if (count > perMinute) {
      throw new CollectorError('TOO_MANY_HITS', 'too many hits from this address');
    }
  };
}
