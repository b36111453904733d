import { closeSync, constants, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { syncFolder } from './atomic-file.ts';
import { frameOf, readFrames } from './frame.ts';

const progress = z.object({
  /** Name of the segment that is being sent, or that was sent last. */
  segment: z.string().optional(),
  /** Bytes of it that are done with. */
  from: z.int().min(0),
  /** Ends of the batches that were planned, in bytes from the segment's start, rising. */
  cuts: z.array(z.int().min(0)),
});

/**
 * How far sending has come. A batch is planned here before it is sent: after a crash the same ranges go
 * out again, so that the name of each always means the same rows.
 */
export type Progress = z.output<typeof progress>;

/** The progress on disk. */
export interface Checkpoint extends Disposable {
  readonly progress: Progress;
  /** Replaces it; it is on disk when this returns. */
  save(progress: Progress): void;
}

const SLOT_BYTES = 4_096;
const slot = z.object({ turn: z.int().min(0), progress });
const NOTHING_SENT = { turn: 0, progress: { segment: undefined, from: 0, cuts: [] } };

/**
 * Opens the checkpoint of a data directory. The file has two slots that are written in turn: a crash
 * spoils at most the one that was being written, and a full disk does not keep segments from being sent
 * and deleted, since no new block is needed.
 */
export function openCheckpoint(file: string): Checkpoint {
  const handle = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  const bytes = readFileSync(handle);
  let saved = latestOf(bytes);
  const write = (next: typeof saved): void => {
    const padded = Buffer.from(frameOf(JSON.stringify(next)).padEnd(SLOT_BYTES));
    if (padded.length > SLOT_BYTES) throw new RangeError('the progress does not fit its slot');
    writeSync(handle, padded, 0, SLOT_BYTES, (next.turn % 2) * SLOT_BYTES);
    fdatasyncSync(handle);
    saved = next;
  };
  if (bytes.length < 2 * SLOT_BYTES) {
    const { turn } = saved;
    write({ ...saved, turn: turn + 1 });
    write({ ...saved, turn: turn + 2 });
    syncFolder(dirname(file));
  }
  return {
    get progress() {
      return saved.progress;
    },
    save: (next) => write({ turn: saved.turn + 1, progress: next }),
    [Symbol.dispose]: () => closeSync(handle),
  };
}

function latestOf(bytes: Buffer): z.output<typeof slot> {
  const slots = [0, SLOT_BYTES]
    .flatMap((start) => readFrames(bytes.subarray(start, start + SLOT_BYTES)).frames.slice(0, 1))
    .map(({ row }) => slot.parse(JSON.parse(row.toString())))
    .sort((one, other) => other.turn - one.turn);
  return slots[0] ?? NOTHING_SENT;
}
