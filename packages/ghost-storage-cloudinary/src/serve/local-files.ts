import { statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskFailure, fileNotFound } from '../errors.ts';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/** The folder in which Ghost kept a store's files before this adapter, and keeps their sizes still. */
export class LocalFiles {
  /** Absolute path of the folder; it need not exist. */
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /**
   * Whether a file is there. Asked on every request, hence synchronous: that takes 2 µs where the
   * thread pool takes 30.
   *
   * @throws StorageError DISK_FAILED when the disk cannot say
   */
  has(path: string): boolean {
    try {
      return statSync(join(this.root, path), { throwIfNoEntry: false })?.isFile() ?? false;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw diskFailure(path, error);
    }
  }

  /** @throws StorageError FILE_NOT_FOUND or DISK_FAILED */
  async read(path: string): Promise<Buffer> {
    try {
      return await readFile(join(this.root, path));
    } catch (error) {
      throw isAbsent(error) ? fileNotFound(path, error) : diskFailure(path, error);
    }
  }

  /** Writes a file and the folders it needs. @throws StorageError DISK_FAILED */
  async write(path: string, bytes: Buffer): Promise<void> {
    const target = join(this.root, path);
    try {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    } catch (error) {
      throw diskFailure(path, error);
    }
  }

  /** Removes a file; one that is not there counts as removed. @throws StorageError DISK_FAILED */
  async remove(path: string): Promise<void> {
    try {
      await rm(join(this.root, path), { force: true });
    } catch (error) {
      if (!isAbsent(error)) throw diskFailure(path, error);
    }
  }
}

function isAbsent(error: unknown): boolean {
  return ABSENT.has((error as NodeJS.ErrnoException).code ?? '');
}
