import { randomBytes } from 'node:crypto';
import { constants, type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './atomic-file.ts';

/** A file of frames; it only grows, and only while it is the newest of this process. */
export interface Segment {
  /** Unique for ever, as ranges of it name batches: a number for the order, then chance. */
  name: string;
  file: string;
  /** How many of its bytes are known to be on disk. */
  size: number;
  /** Nothing is added to it any more. */
  isSealed: boolean;
}

const NAME = /^(\d{10})-[0-9a-f]{16}$/;
const SUFFIX = '.segment';
const PROBE_SUFFIX = '.probe';

/**
 * The segments that earlier processes left, oldest first. They are never added to again. What a killed process was
 * probing the disk with goes.
 */
export async function findSegments(folder: string): Promise<Segment[]> {
  const entries = await readdir(folder);
  const probes = entries.filter((entry) => entry.endsWith(PROBE_SUFFIX));
  await Promise.all(probes.map((probe) => unlink(join(folder, probe)).catch(() => undefined)));
  const names = entries
    .filter((entry) => entry.endsWith(SUFFIX))
    .map((entry) => entry.slice(0, -SUFFIX.length))
    .filter((name) => NAME.test(name))
    .sort();
  return await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name + SUFFIX);
      return { name, file, size: (await stat(file)).size, isSealed: true };
    }),
  );
}

/** The place of a segment in the order; 0 comes before all. */
export function orderOf(name: string | undefined): number {
  return Number(NAME.exec(name ?? '')?.[1] ?? 0);
}

const { O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;
/** A write returns when it is on disk: as fdatasync after it, with one call in place of two. */
const TO_DISK = O_APPEND | O_CREAT | O_DSYNC | O_EXCL | O_WRONLY;

/** Creates an empty segment whose name is on disk, as is what is written to it when the write returns. */
export async function createSegment(
  folder: string,
  order: number,
): Promise<{ segment: Segment; handle: FileHandle }> {
  const name = `${String(order).padStart(10, '0')}-${randomBytes(8).toString('hex')}`;
  const file = join(folder, name + SUFFIX);
  const segment = { name, file, size: 0, isSealed: false };
  const handle = await open(file, TO_DISK, 0o600);
  try {
    syncFolder(folder);
  } catch (error) {
    await handle.close();
    await deleteSegment(segment);
    throw error;
  }
  return { segment, handle };
}

/** Adds all bytes to a segment's end. Until it resolves they must not be changed. */
export async function writeWhole(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
  }
}

/** Reads from byte `from` into the memory: as much as fits, or fewer bytes when the file is shorter. */
export async function readSegment(segment: Segment, from: number, memory: Buffer): Promise<Buffer> {
  const handle = await open(segment.file, 'r');
  try {
    const { bytesRead } = await handle.read(memory, 0, memory.length, from);
    return memory.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Writes so many bytes to the folder and takes them back. @throws what the system says, as on a full disk */
export async function probeDisk(folder: string, bytes: number): Promise<void> {
  const file = join(folder, `${randomBytes(8).toString('hex')}${PROBE_SUFFIX}`);
  try {
    const handle = await open(file, TO_DISK, 0o600);
    await writeWhole(handle, randomBytes(bytes)).finally(() => handle.close());
  } finally {
    await unlink(file).catch(() => undefined);
  }
}

/** Deletes a segment that was sent, or in which nothing came to be. */
export async function deleteSegment(segment: Segment): Promise<void> {
  await unlink(segment.file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
