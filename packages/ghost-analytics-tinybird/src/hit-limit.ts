import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { clientNetwork } from './client-network.ts';
import { CollectorError } from './errors.ts';

/**
 * Creates the check that keeps one network (an IPv4 address, 64 bits of IPv6) from filling the spool.
 * Addresses are in memory only, for a minute.
 *
 * @param perMinute hits of one network in a minute; 0 for no limit
 * @returns a function that throws CollectorError `TOO_MANY_HITS` for the hit above it
 */
export function createHitLimit(perMinute: number): (address: string) => Promise<void> {
  if (perMinute === 0) return async () => {};
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });

  return async (address) => {
    try {
      await limiter.consume(clientNetwork(address));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new CollectorError('TOO_MANY_HITS', 'too many hits from this address');
    }
  };
}
