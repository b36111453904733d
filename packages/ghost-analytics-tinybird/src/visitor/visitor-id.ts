import { hash } from 'node:crypto';
import { clientNetwork } from './client-network.ts';
import type { MidnightVisitors } from './midnight-visitors.ts';
import type { Salts } from './salts.ts';

/** By what a visitor is told from others for a day. */
export interface Visitor {
  site_uuid: string;
  /** The client's address; it goes into the hash and nowhere else. */
  address: string;
  userAgent: string;
}

/** Of six bits each. */
const ID_CHARACTERS = 22;

/**
 * Creates the function that gives a visitor the id of the day: 132 bits of a SHA-256 over the day's salt
 * and what tells visitors apart, as 22 characters of base64url. The site is part of it, so ids of two
 * sites cannot be joined. Who was here shortly before midnight keeps the id until the grace is over.
 */
export function createVisitorId(
  salts: Salts,
  atMidnight: MidnightVisitors,
): (visitor: Visitor) => string {
  let knownPrevious: string | undefined;

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
 * Without HMAC, whose second hash keeps others from going on with a digest that they know whole: half of
 * this one is thrown away. No part can hold a newline.
 */
function idUnder(salt: string, { site_uuid, address, userAgent }: Visitor): string {
  const text = [salt, site_uuid.toLowerCase(), clientNetwork(address), userAgent].join('\n');
  return hash('sha256', text, 'base64url').slice(0, ID_CHARACTERS);
}
