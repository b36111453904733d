import { sentenceOf } from './failure.ts';
import type { Progress } from './progress.ts';
import type { Store } from './stores.ts';

/** What every transfer is told. */
export interface TransferOptions {
  stores: readonly Store[];
  /** Files at a time. */
  concurrency: number;
  onProgress: (progress: Progress) => void;
  /** Once it is given, what was begun is ended, and nothing else is begun. */
  signal: AbortSignal;
}

/** What no transfer ends without. */
interface Tally {
  failures: { path: string; sentence: string }[];
  /** That went over the line so far. */
  bytes: number;
}

/** Works on files so many at a time, in order. One that fails is noted, and the others go on. */
export async function eachFile<File extends { store: Store; path: string }>(
  files: readonly File[],
  { concurrency, onProgress, signal }: TransferOptions,
  tally: Tally,
  work: (file: File) => Promise<void>,
): Promise<void> {
  const rest = files.values();
  let done = 0;
  const workOnRest = async () => {
    while (!signal.aborted) {
      const { value: file } = rest.next();
      if (file === undefined) return;
      try {
        await work(file);
      } catch (error) {
        tally.failures.push({ path: nameOf(file), sentence: sentenceOf(error) });
      }
      done += 1;
      onProgress({ done, total: files.length, bytes: tally.bytes });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, workOnRest));
}

/** What a file is called among those of all stores: `images/2026/11/cat.jpg`. */
export function nameOf({ store, path }: { store: Store; path: string }): string {
  return `${store.name}/${path}`;
}
