import { crc32 } from 'node:zlib';

/** A row of a segment. */
interface Frame {
  /** The row's JSON. */
  row: string;
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
export function frameOf(row: string): Buffer {
  return Buffer.from(`${checksumOf(Buffer.from(row))} ${row}\n`);
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
    const row = newline < 0 ? undefined : rowIn(bytes.subarray(start, newline));
    const end = newline < 0 ? bytes.length : newline + 1;
    if (row === undefined) damaged += 1;
    else frames.push({ row, end });
    start = end;
  }
  return { frames, damaged };
}

/** The length of the whole lines at the start of a piece, 0 when there is none. */
export function wholeLinesLength(bytes: Buffer): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

function rowIn(line: Buffer): string | undefined {
  const json = line.subarray(CHECKSUM_CHARS + 1);
  const isWhole = line.toString('latin1', 0, CHECKSUM_CHARS + 1) === `${checksumOf(json)} `;
  return isWhole ? json.toString('utf8') : undefined;
}

function checksumOf(json: Buffer): string {
  return crc32(json).toString(16).padStart(CHECKSUM_CHARS, '0');
}
