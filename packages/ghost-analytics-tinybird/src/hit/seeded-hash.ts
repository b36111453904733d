/** Draws seeds that nobody outside knows, or texts could be chosen that share their hashes. */
export function drawSeeds(count: number): Uint32Array {
  return crypto.getRandomValues(new Uint32Array(count));
}

/** Multipliers with which the hashes of a text say nothing of each other: FNV's, and that of MurmurHash2. */
export const MULTIPLIERS = { fnv: 0x01000193, murmur: 0x5bd1e995 } as const;

/**
 * A hash of 32 bits that leaves nothing behind for the garbage collector: FNV-1a from a seed, its high bits folded
 * into the low ones (http://www.isthe.com/chongo/tech/comp/fnv/).
 */
export function seededHash(text: string, seed: number, multiplier = MULTIPLIERS.fnv as number) {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), multiplier);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
