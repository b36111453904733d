import { hash } from 'node:crypto';
import { clientNetwork } from './client-network.ts';
import type { MidnightVisitors } from './midnight-visitors.ts';
import type { SaltKey, Salts } from './salts.ts';

/** By what a visitor is told from others for a day. */
export interface Visitor {
  site_uuid: string;
  /** The client's address; it goes into the hash and nowhere else. */
  address: string;
  userAgent: string;
}

const ID_BYTES = 16;

/**
 * Creates the function that gives a visitor the id of the day: 128 bits of an HMAC under the day's salt,
 * in base64url (22 characters). The site is part of what is hashed, so ids of two sites cannot be
 * joined. Who was here shortly before midnight keeps the id until the grace is over.
 */
export function createVisitorId(
  salts: Salts,
  atMidnight: MidnightVisitors,
): (visitor: Visitor) => string {
  let knownPrevious: SaltKey | undefined;

  return (visitor) => {
    const { current, previous, isBeforeChange } = salts.ofNow();
    if (previous) {
      if (previous !== knownPrevious) atMidnight.reload();
      knownPrevious = previous;
      const before = idUnder(previous, visitor);
      if (atMidnight.has(before)) return before;
    } else if (!isBeforeChange) {
      atMidnight.clear();
    }
    const id = idUnder(current, visitor);
    if (isBeforeChange) atMidnight.add(id);
    return id;
  };
}

/**
 * HMAC-SHA256 by its definition (RFC 2104) over one-shot hashes: `createHmac` makes an object outside the
 * heap for each hit, whose collection costs more than the hash. A test compares the two.
 */
function idUnder({ inner, outer }: SaltKey, { site_uuid, address, userAgent }: Visitor): string {
  const text = JSON.stringify([site_uuid.toLowerCase(), clientNetwork(address), userAgent]);
  const within = hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer');
  return hash('sha256', Buffer.concat([outer, within]), 'buffer')
    .subarray(0, ID_BYTES)
    .toString('base64url');
}
