import { Refusal } from '../errors.ts';

/** The bytes of one mail while it comes in. */
export interface MailBytes {
  append(piece: Uint8Array): void;
  /** Bytes that are held: never more than the limit, and none once the mail is above it. */
  readonly held: number;
  /** @throws Refusal 552 when the mail is larger than the limit */
  whole(): Buffer;
}

/** Collects a mail of at most `limit` bytes; of a larger one nothing is kept. */
export function createMailBytes(limit: number): MailBytes {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let isTooLarge = false;
  return {
    append(piece) {
      if (isTooLarge) return;
      isTooLarge = held + piece.length > limit;
      if (isTooLarge) {
        pieces = [];
        held = 0;
      } else {
        pieces.push(piece);
        held += piece.length;
      }
    },
    get held() {
      return held;
    },
    whole() {
      if (isTooLarge) throw new Refusal(552, `The mail is larger than ${limit} bytes.`);
      return Buffer.concat(pieces);
    },
  };
}

/** Lets so many in at a time; the others wait in order. */
export interface Room {
  /** Resolves when there is room; what it resolves with gives it back. */
  enter(): Promise<Disposable>;
}

/** A room for `places` at a time. */
export function createRoom(places: number): Room {
  const waiting: (() => void)[] = [];
  let free = places;
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    async enter() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return { [Symbol.dispose]: leave };
    },
  };
}
