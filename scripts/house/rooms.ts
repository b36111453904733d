import { posix } from 'node:path';
import type { SourceFile } from './sources.ts';

/** An import from one file of a `src/` to another. */
export interface Arrow {
  from: string;
  to: string;
  line: number;
}

/** The folder of `src/` in which a file stands; undefined for a file of the face, directly in `src/`. */
export function folderOf(path: string, src: string): string | undefined {
  const [first, ...rest] = posix.relative(src, path).split('/');
  return rest.length === 0 ? undefined : first;
}

/** The imports between the files of a `src/`. */
export function arrowsOf(files: readonly SourceFile[], src: string): Arrow[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target.startsWith(`${src}/`))
      .map(({ target, line }) => ({ from: path, to: target, line })),
  );
}

/** What is seen from one level: how many folders and files beside them, and how many imports between two of them. */
export function roomsOf(
  files: readonly SourceFile[],
  src: string,
): { rooms: number; arrows: number } {
  const roomOf = (path: string) => folderOf(path, src) ?? path;
  const between = arrowsOf(files, src)
    .map(({ from, to }) => [roomOf(from), roomOf(to)])
    .filter(([from, to]) => from !== to);
  return {
    rooms: new Set(files.map(({ path }) => roomOf(path))).size,
    arrows: new Set(between.map((pair) => pair.join(' '))).size,
  };
}
