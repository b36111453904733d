import { createHash } from 'node:crypto';

/** Numbers and identifiers that a seed decides, so that a run can be repeated. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** `length` characters of `alphabet`. */
  text(length: number, alphabet?: string): string;
}

const LETTERS_AND_DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The alphabet of hexadecimal identifiers. */
export const HEX = '0123456789abcdef';

/** Creates a generator (sfc32 by Chris Doty-Humphrey) from a seed of any length. */
export function createRandom(seed: string): Random {
  const hash = createHash('sha256').update(seed).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => hash.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  const text = (length: number, alphabet = LETTERS_AND_DIGITS): string =>
    Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join('');
  return { next, text };
}
