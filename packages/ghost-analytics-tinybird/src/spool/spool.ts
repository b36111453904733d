import { mkdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { CollectorError } from '../errors.ts';
import { frameOf } from './frame.ts';
import {
  createSegment,
  deleteSegment,
  findSegments,
  orderOf,
  probeDisk,
  type Segment,
  writeWhole,
} from './segment.ts';

/** Where the spool is and how much it takes. */
export interface SpoolOptions {
  folder: string;
  /** Above it rows are refused. */
  maxBytes: number;
  /** A segment that is longer gets a successor. (Default: 4 MiB) */
  segmentBytes?: number;
  /** Order of the newest segment that was ever sent, so that no name sorts before it. (Default: 0) */
  lastOrder?: number;
  /** Hears how long each fsync took, in milliseconds, and how many rows it covered. */
  onFlush?: (tookMs: number, rows: number) => void;
}

/** Rows on disk that wait to be sent. */
export interface Spool extends AsyncDisposable {
  /**
   * Resolves when the row is on disk: many rows share one write to it.
   *
   * @throws CollectorError `SPOOL_FULL`, `SPOOL_UNAVAILABLE`
   */
  append(row: string): Promise<void>;
  /** The segment to send next. */
  oldest(): Segment | undefined;
  /** Forgets the oldest segment and deletes its file. */
  removeOldest(): Promise<void>;
  /** Resolves when no write is under way: until then the newest segment may be longer on disk than its `size` says. */
  settled(): Promise<void>;
  /** Resolves when rows were added, or when the signal aborts. */
  grown(signal: AbortSignal): Promise<void>;
  /** Bytes on disk. */
  readonly bytes: number;
  /**
   * Resolves when rows would be taken. After a write that failed it writes something itself, since whoever sees that
   * it is not well may send no more rows.
   *
   * @throws CollectorError `SPOOL_FULL`, `SPOOL_UNAVAILABLE`
   */
  check(): Promise<void>;
  /** Writes what waits and seals the newest segment. */
  close(): Promise<void>;
}

const MIB = 2 ** 20;
/** What a busy second brings: a full disk may still have room for a few bytes. */
const PROBE_BYTES = MIB / 4;
/** Rows in memory that wait for the disk: some 3,000, which an fsync of a second gathers. */
const MAX_QUEUED_BYTES = 8 * MIB;
/** A group is mostly as many rows as there are connections. */
const MEMORY_BYTES = MIB / 4;

interface Waiting {
  frame: string;
  bytes: number;
  resolve: () => void;
  reject: (error: CollectorError) => void;
}

/** Opens a spool. What an earlier process left is sent first; new rows go to new segments. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, maxBytes, segmentBytes = 4 * MIB, lastOrder = 0, onFlush } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const segments = await findSegments(folder);
  let bytes = segments.reduce((sum, { size }) => sum + size, 0);
  let nextOrder = Math.max(lastOrder, orderOf(segments.at(-1)?.name)) + 1;
  let newest: { segment: Segment; handle: FileHandle } | undefined;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let flushing: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let growth = Promise.withResolvers<void>();

  let isUnwell = false;

  const refuseAboveLimit = (): void => {
    const isFull = bytes + waitingBytes >= maxBytes || waitingBytes >= MAX_QUEUED_BYTES;
    if (isFull) throw new CollectorError('SPOOL_FULL', 'too many hits wait to be sent');
  };

  const check = async (): Promise<void> => {
    refuseAboveLimit();
    if (!isUnwell) return;
    try {
      await probeDisk(folder, PROBE_BYTES);
      isUnwell = false;
    } catch (cause) {
      throw new CollectorError('SPOOL_UNAVAILABLE', 'hits cannot be kept', { cause });
    }
  };

  const seal = async (): Promise<void> => {
    if (!newest) return;
    const { segment, handle } = newest;
    newest = undefined;
    segment.isSealed = true;
    await handle.close();
  };

  const remove = async (segment: Segment): Promise<void> => {
    await deleteSegment(segment);
    const place = segments.indexOf(segment);
    if (place < 0) return;
    segments.splice(place, 1);
    bytes -= segment.size;
  };

  // One group after the other lies here: V8 does not see how much of such garbage there is.
  const memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  const bytesOf = (group: readonly Waiting[]): Buffer => {
    const length = group.reduce((sum, each) => sum + each.bytes, 0);
    const target = length > MEMORY_BYTES ? Buffer.allocUnsafeSlow(length) : memory;
    let at = 0;
    for (const { frame } of group) at += target.write(frame, at);
    return target.subarray(0, at);
  };

  const write = async (group: Buffer): Promise<void> => {
    if (!newest) {
      newest = await createSegment(folder, nextOrder++);
      segments.push(newest.segment);
    }
    const { segment, handle } = newest;
    try {
      await writeWhole(handle, group);
    } catch (error) {
      // After a failed write nothing is known of what follows `size`: leave this file.
      await handle.truncate(segment.size).catch(() => undefined);
      await seal();
      if (segment.size === 0) await remove(segment).catch(() => undefined);
      throw error;
    }
    segment.size += group.length;
    bytes += group.length;
    if (segment.size >= segmentBytes) await seal();
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      // The hits that came in with this one share its write.
      await setImmediate();
      const group = waiting;
      const startedAt = performance.now();
      waiting = [];
      try {
        writing = write(bytesOf(group));
        await writing;
        isUnwell = false;
        for (const { resolve } of group) resolve();
        onFlush?.(performance.now() - startedAt, group.length);
        growth.resolve();
        growth = Promise.withResolvers();
      } catch (cause) {
        isUnwell = true;
        const refusal = new CollectorError('SPOOL_UNAVAILABLE', 'hits cannot be kept', { cause });
        for (const { reject } of group) reject(refusal);
      }
      waitingBytes -= group.reduce((sum, each) => sum + each.bytes, 0);
    }
    flushing = undefined;
  };

  const close = async (): Promise<void> => {
    await flushing;
    await seal();
  };

  return {
    async append(row) {
      refuseAboveLimit();
      const frame = frameOf(row);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const bytes = Buffer.byteLength(frame);
      waiting.push({ frame, bytes, resolve, reject });
      waitingBytes += bytes;
      flushing ??= flush();
      await promise;
    },
    oldest: () => segments[0],
    async removeOldest() {
      const [oldest] = segments;
      if (oldest) await remove(oldest);
    },
    async settled() {
      await writing?.catch(() => undefined);
    },
    async grown(signal) {
      const aborted = Promise.withResolvers<void>();
      const onAbort = () => aborted.resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      if (!signal.aborted) await Promise.race([growth.promise, aborted.promise]);
      signal.removeEventListener('abort', onAbort);
    },
    get bytes() {
      return bytes;
    },
    check,
    close,
    [Symbol.asyncDispose]: close,
  };
}
