import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** An import, of a type or a value, at the top or in the middle. */
interface Import {
  /** The path below the root of the file that is imported; of anything but a file, what the import says. */
  target: string;
  line: number;
}

/** A file of code. */
export interface SourceFile {
  /** Below the root, with slashes. */
  path: string;
  text: string;
  imports: readonly Import[];
}

/** A file of code from its text. */
export function sourceFile(path: string, text: string): SourceFile {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  const imports = importedFiles.map(({ fileName, pos }) => ({
    target: fileName.startsWith('.') ? posix.join(posix.dirname(path), fileName) : fileName,
    line: text.slice(0, pos).split('\n').length,
  }));
  return { path, text, imports };
}

/** Besides what is installed and built: types that `npm run docs` makes of OpenAPI documents. */
const NOT_WRITTEN = ['**/node_modules', '**/dist', 'packages/console/src/services/api'];

/** Reads the code below some folders of the root that somebody wrote. */
export function readSources(root: string, ...folders: readonly string[]): SourceFile[] {
  const patterns = folders.map((folder) => `${folder}/**/*.{ts,js,mjs}`);
  return globSync(patterns, { cwd: root, exclude: NOT_WRITTEN })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(posix.join(root, path), 'utf8')));
}

/** How many lines a file has. */
export function linesOf({ text }: SourceFile): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
