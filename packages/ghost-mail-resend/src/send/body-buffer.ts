/** Bytes that are being written, in memory that is used again for the next. */
export interface BodyBuffer {
  /** Begins anew; what `bytes` returned before is overwritten. Memory beyond what is common is given back. */
  clear(): void;
  append(piece: string | Uint8Array): void;
  /** What was appended since `clear`. */
  bytes(): Buffer;
}

const FIRST_BYTES = 64 * 1024;
/** Longest UTF-8 of a UTF-16 unit. */
const BYTES_A_UNIT = 3;
/** A body above this is rare. */
const KEPT_BYTES = 8 * 1024 * 1024;

const idle: BodyBuffer[] = [];

/** A buffer that no other call holds. */
export function borrowBodyBuffer(): BodyBuffer {
  return idle.pop() ?? createBodyBuffer();
}

/** Lets the next call have it: memory that comes and goes in its hundreds grows the process. */
export function returnBodyBuffer(body: BodyBuffer): void {
  body.clear();
  idle.push(body);
}

/** An empty one. */
export function createBodyBuffer(): BodyBuffer {
  let memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let length = 0;

  function makeRoom(bytes: number): void {
    if (length + bytes <= memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * memory.length, length + bytes));
    memory.copy(larger, 0, 0, length);
    memory = larger;
  }

  return {
    clear() {
      length = 0;
      if (memory.length > KEPT_BYTES) memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
    },
    append(piece) {
      if (typeof piece === 'string') {
        makeRoom(BYTES_A_UNIT * piece.length);
        length += memory.write(piece, length);
        return;
      }
      makeRoom(piece.length);
      memory.set(piece, length);
      length += piece.length;
    },
    bytes: () => memory.subarray(0, length),
  };
}
