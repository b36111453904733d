import { createHash, createHmac, randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { createTokenBucket, isSameSecret, type Logger, type TokenBucket } from '@prosora/service';
import { LRUCache } from 'lru-cache';
import type { Ghost, Sender, User } from './ghost.ts';

/** A sign-out is followed within so long. */
const KNOWN_MS = 5_000;
/** For so long Ghost is asked about somebody whom it knew, whatever strangers ask from the same address. */
const MET_MS = 3_600_000;
const MOST_SESSIONS = 1_000;
const MOST_ADDRESSES = 10_000;
/** Cookies that Ghost does not know cost it a query each: so many at once from one address, then one in two seconds. */
const STRANGERS = { capacity: 30, perMs: 1 / 2_000 };

/** Who the senders of requests are. */
export interface Sessions {
  /** Undefined for everybody who may not see the console, and while Ghost does not answer. */
  userOf(sender: Sender): Promise<User | undefined>;
  /** Of a session that Ghost has just opened: strangers do not keep it from being asked about. */
  meet(cookie: string): void;
  /** Names a session without opening it. */
  keyOf(cookie: string): string;
  /** Goes into the forms of a session, so that only who has seen one can post it. */
  tokenFor(cookie: string): string;
  isToken(given: string, cookie: string): boolean;
}

/** Asks Ghost, and remembers for seconds what it said: one question for all that a page fetches. */
export function createSessions(ghost: Ghost, logger: Logger, now: () => number): Sessions {
  const perf = { now };
  const known = new LRUCache<string, Promise<User | undefined>>({
    max: MOST_SESSIONS,
    ttl: KNOWN_MS,
    ttlResolution: 0,
    perf,
  });
  const met = new LRUCache<string, true>({ max: MOST_SESSIONS, ttl: MET_MS, perf });
  const strangers = new LRUCache<string, TokenBucket>({ max: MOST_ADDRESSES });
  /** A restart makes forms old that were open: they are asked for anew. */
  const secret = randomBytes(32);
  const tokenFor = (cookie: string) =>
    createHmac('sha256', secret).update(cookie).digest('base64url');

  function bucketOf(address: string): TokenBucket {
    const network = networkOf(address);
    const bucket = strangers.get(network) ?? createTokenBucket({ ...STRANGERS, now });
    strangers.set(network, bucket);
    return bucket;
  }

  async function ask(sender: Sender, bucket: TokenBucket): Promise<User | undefined> {
    const key = keyOf(sender.cookie);
    bucket.add(-1);
    try {
      const user = await ghost.userOf(sender);
      if (user === undefined) {
        met.delete(key);
        return undefined;
      }
      bucket.add(1);
      met.set(key, true);
      return user;
    } catch (error) {
      bucket.add(1);
      logger.error({ event: 'ghost.unanswered', err: error }, 'Ghost does not say who somebody is');
      return undefined;
    }
  }

  return {
    async userOf(sender) {
      // What Ghost answers depends on the Origin too.
      const key = keyOf(`${sender.cookie} ${sender.origin ?? ''}`);
      const before = known.get(key);
      if (before !== undefined) return await before;
      const bucket = bucketOf(sender.address);
      if (bucket.msUntil(1) > 0 && !met.has(keyOf(sender.cookie))) {
        logger.warn(
          { event: 'console.strangers' },
          'too many unknown sessions come from one address',
        );
        return undefined;
      }
      const asked = ask(sender, bucket);
      known.set(key, asked);
      return await asked;
    },
    meet: (cookie) => void met.set(keyOf(cookie), true),
    keyOf,
    tokenFor,
    isToken: (given, cookie) => isSameSecret(given, tokenFor(cookie)),
  };
}

/** What is kept in memory of a cookie; a dump of it opens nothing. */
function keyOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url');
}

/** Of IPv6 the first half, since whoever has one address has all that begin as it does. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [before = [], after = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
