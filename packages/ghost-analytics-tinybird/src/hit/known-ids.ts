import { drawSeeds, MULTIPLIERS, seededHash } from './seeded-hash.ts';

/** Ids of which only 64 bits are kept, in memory that does not grow. */
export interface KnownIds {
  readonly size: number;
  has(id: string): boolean;
  add(id: string): void;
  clear(): void;
}

/** Half of them stays empty, so that an id is found within a few steps. */
const PLACES_PER_ID = 2;

/**
 * Creates a set of ids. A `Set` of strings that come and go by the thousand in a second is what V8 lets gather: this
 * one is two numbers for each id. Two ids are taken for one with a chance of 1 in 10^14 for 50,000 that are kept.
 *
 * @param max how many are ever added before it is cleared
 */
export function createKnownIds(max: number): KnownIds {
  const places = 2 ** Math.ceil(Math.log2(max * PLACES_PER_ID + 1));
  const [placeSeed = 0, highSeed = 0] = drawSeeds(2);
  const low = new Uint32Array(places);
  const high = new Uint32Array(places);
  let size = 0;
  /** Where the id is, or the empty place for it. A high half of 0 is an empty place. */
  const placeOf = (lowHalf: number, highHalf: number): number => {
    let place = lowHalf & (places - 1);
    while (high[place] !== 0 && (high[place] !== highHalf || low[place] !== lowHalf)) {
      place = (place + 1) & (places - 1);
    }
    return place;
  };
  const highHalfOf = (id: string): number => seededHash(id, highSeed, MULTIPLIERS.murmur) || 1;

  return {
    get size() {
      return size;
    },
    has: (id) => high[placeOf(seededHash(id, placeSeed), highHalfOf(id))] !== 0,
    add(id) {
      const [lowHalf, highHalf] = [seededHash(id, placeSeed), highHalfOf(id)];
      const place = placeOf(lowHalf, highHalf);
      if (high[place] !== 0 || size === max) return;
      low[place] = lowHalf;
      high[place] = highHalf;
      size += 1;
    },
    clear() {
      if (size > 0) high.fill(0);
      size = 0;
    },
  };
}
