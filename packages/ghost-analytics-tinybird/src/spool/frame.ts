import { crc32 } from 'node:zlib';

/** A row of a segment. */
interface Frame {
  /** The row's JSON, where it lies in the bytes that were read. */
  row: Buffer;
  /** Where the next frame begins, in bytes from the start of the bytes that were read. */
  end: number;
}

/** What a piece of a segment holds. */
export interface ReadFrames {
  frames: Frame[];
  /** Lines that are no whole frame: what a crash or a power cut left. */
  damaged: number;
}

const NEWLINE = 0x0a;
const CHECKSUM_CHARS = 8;

/** One line: the CRC-32 of the row in eight hex digits, a space, the row's JSON, a newline. */
export function frameOf(row: string): string {
  return `${checksumOf(row)} ${row}\n`;
}

/**
 * Reads the frames in a piece of a segment. Damage ends at the next newline: what was written whole
 * after it is found again.
 */
export function readFrames(bytes: Buffer): ReadFrames {
  const frames: Frame[] = [];
  let damaged = 0;
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start);
    const row = newline < 0 ? undefined : rowIn(bytes, start, newline);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (row === undefined) damaged += 1;
    else frames.push({ row, end });
    start = end;
  }
  return { frames, damaged };
}

/**
 * The rows as NDJSON, moved together in the memory they lie in, since a copy of each batch would be as much
 * garbage again: the frames are used up.
 *
 * @param bytes what the frames were read from
 */
export function joinRows(frames: readonly Frame[], bytes: Buffer): Buffer {
  let length = 0;
  for (const { row } of frames) {
    // Each begins behind its checksum, so none is moved over one that comes later.
    length += row.copy(bytes, length);
    bytes[length] = NEWLINE;
    length += 1;
  }
  return bytes.subarray(0, Math.max(0, length - 1));
}

/** The length of the whole lines at the start of a piece, 0 when there is none. */
export function wholeLinesLength(bytes: Buffer): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

function rowIn(bytes: Buffer, start: number, newline: number): Buffer | undefined {
  const jsonAt = start + CHECKSUM_CHARS + 1;
  const json = bytes.subarray(jsonAt, newline);
  const isWhole = bytes.toString('latin1', start, jsonAt) === `${checksumOf(json)} `;
  return isWhole ? json : undefined;
}

function checksumOf(json: Buffer | string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_CHARS, '0');
}
