import { createTokenBucket, type TokenBucket } from '@prosora/service';
import { clientNetwork } from '../visitor/client-network.ts';

/** What became of a wish to ask. */
type QueryGrant =
  /** `giveBack` leaves it to others, for a question that cost nothing; the address that asked has had it. */
  { granted: true; giveBack(): void } | { granted: false; waitMs: number };

/** Says how many questions may still be asked. */
export interface QueryBudget {
  /** Takes one for an address, or says in how many milliseconds there will be one. */
  take(address: string): QueryGrant;
}

const DAY_MS = 86_400_000;
/** What may be asked at once; the rest comes evenly over the day, so that the evening is not without. */
const BURST_SHARE = 1 / 4;
/** What one network (an IPv4 address, 64 bits of IPv6) may have of all, so that others are left some. */
const ADDRESS_SHARE = 3 / 4;
/** Of more networks the one that was there first begins anew. */
const MAX_NETWORKS = 1_000;

/**
 * Creates a budget that in no 24 hours grants more than so many, and to one network three quarters of them at most.
 *
 * @param now milliseconds since any moment, of a clock that does not jump (Default: `performance.now`)
 */
export function createQueryBudget(
  perDay: number,
  now: () => number = () => performance.now(),
): QueryBudget {
  const all = createBucket(perDay, now);
  const ofNetwork = new Map<string, TokenBucket>();
  const bucketOf = (address: string): TokenBucket => {
    const network = clientNetwork(address);
    const bucket = ofNetwork.get(network) ?? createBucket(perDay * ADDRESS_SHARE, now);
    // Those that ask are the last to be forgotten.
    ofNetwork.delete(network);
    ofNetwork.set(network, bucket);
    const [oldest] = ofNetwork.keys();
    if (ofNetwork.size > MAX_NETWORKS && oldest !== undefined) ofNetwork.delete(oldest);
    return bucket;
  };

  return {
    take(address) {
      const buckets = [all, bucketOf(address)];
      const waitMs = Math.ceil(Math.max(...buckets.map((bucket) => bucket.msUntil(1))));
      if (waitMs > 0) return { granted: false, waitMs };
      for (const bucket of buckets) bucket.add(-1);
      return {
        granted: true,
        giveBack: () => all.add(1),
      };
    },
  };
}

/** Holds a quarter of a day's questions, refilled with the other three quarters over a day. */
function createBucket(perDay: number, now: () => number): TokenBucket {
  const capacity = Math.max(1, Math.floor(perDay * BURST_SHARE));
  return createTokenBucket({ capacity, perMs: (perDay - capacity) / DAY_MS, now });
}
