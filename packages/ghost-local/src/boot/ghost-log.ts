import { open, readFile, stat } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

/** Ghost's log file, which every boot of a site appends to. */
export interface GhostLog {
  file: string;
  /** Bytes written so far; 0 if there is no file. */
  size(): Promise<number>;
  /** The lines written after the first `offset` bytes, without colours and empty lines. */
  since(offset: number): Promise<string[]>;
  /** Opens the file for a process to append to; the caller closes it. */
  openToAppend(): ReturnType<typeof open>;
}

/** Describes the log at `file`, which need not exist. */
export function createGhostLog(file: string): GhostLog {
  return {
    file,
    async size() {
      const stats = await stat(file).catch(() => undefined);
      return stats?.size ?? 0;
    },
    async since(offset) {
      const bytes = await readFile(file);
      const text = stripVTControlCharacters(bytes.subarray(offset).toString('utf8'));
      return text.split('\n').filter((line) => line.trim());
    },
    openToAppend: () => open(file, 'a', 0o600),
  };
}
