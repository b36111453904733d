import { posix } from 'node:path';
import { arrowsOf, folderOf } from './rooms.ts';
import { linesOf, type SourceFile } from './sources.ts';

/** Files of the face that every folder may import. */
const plainFaces = ['options.ts', 'errors.ts'];

const mostFaceFiles = 8;
const mostLines = 300;

/** The files that stand directly in a `src/`. */
export function faceOf(files: readonly SourceFile[], src: string): SourceFile[] {
  return files.filter(({ path }) => folderOf(path, src) === undefined);
}

/** A face with more files than are read at one glance. */
export function faceProblems(files: readonly SourceFile[], src: string): string[] {
  const { length } = faceOf(files, src);
  if (length <= mostFaceFiles) return [];
  return [
    `${src}/ has ${length} files beside its folders, and ${mostFaceFiles} at most are allowed`,
  ];
}

/** Files that are too long to be read in one go. */
export function lengthProblems(files: readonly SourceFile[]): string[] {
  return files
    .map((file) => ({ path: file.path, lines: linesOf(file) }))
    .filter(({ lines }) => lines > mostLines)
    .map(({ path, lines }) => `${path} has ${lines} lines, and ${mostLines} at most are allowed`);
}

/** Folders without a place in the flow, and imports that run against it or back into the face. */
export function flowProblems(
  files: readonly SourceFile[],
  src: string,
  flow: readonly string[],
): string[] {
  const folders = new Set(files.flatMap(({ path }) => folderOf(path, src) ?? []));
  const placeless = [...folders]
    .filter((folder) => !flow.includes(folder))
    .map((folder) => `${src}/${folder}/ has no place in the flow of scripts/house/plan.ts`);
  const upward = arrowsOf(files, src).flatMap(({ from, to, line }) => {
    const [user, used] = [folderOf(from, src), folderOf(to, src)];
    if (user === undefined || user === used) return [];
    if (used === undefined) {
      if (plainFaces.includes(posix.basename(to))) return [];
      return [`${from}:${line} imports ${to}, a file of the face`];
    }
    // A folder without a place is told above, once.
    if (!flow.includes(user) || !flow.includes(used)) return [];
    if (flow.indexOf(user) < flow.indexOf(used)) return [];
    return [`${from}:${line} imports ${to}, which comes before it in the flow`];
  });
  return [...placeless, ...upward];
}

/** Folders of `test/` that are no folders of `src/`; unit tests stand in none of them. */
const layers = ['integration', 'e2e', 'stack', 'release', 'soak'];

/** Tests of a package as a whole, whatever they import. */
const ofTheWhole = /^(cli|package|readme)\b/;

/** Tests in a folder that `src/` lacks, and unit tests of a single folder that stand beside its own. */
export function testPlaceProblems(
  files: readonly SourceFile[],
  folder: string,
  flow: readonly string[],
): string[] {
  return files.flatMap(({ path, imports }) => {
    const [layer, ...below] = posix.relative(`${folder}/test`, path).split('/');
    if (layer === undefined || layer === '..' || !path.endsWith('.test.ts')) return [];
    const isUnit = !layers.includes(layer);
    const [room, ...rest] = isUnit ? [layer, ...below] : below;
    if (room !== undefined && rest.length > 0) {
      return flow.includes(room) ? [] : [`${path} stands in ${room}/, which src/ does not have`];
    }
    if (!isUnit || ofTheWhole.test(layer)) return [];
    const used = imports.flatMap(({ target }) =>
      target.startsWith(`${folder}/src/`) ? [folderOf(target, `${folder}/src`)] : [],
    );
    const [only, ...others] = new Set(used);
    if (only === undefined || others.length > 0) return [];
    return [`${path} tests ${only}/ alone, and stands beside ${folder}/test/${only}/`];
  });
}

/** A package, as far as others have to do with it. */
export interface Neighbour {
  /** Below the root, with slashes. */
  folder: string;
  name: string;
  private?: boolean;
}

/**
 * Imports of a published package, but for the sandbox in tests; of files inside any other package; and, outside of
 * tests, of the own package by its name, which would hide an import of the face.
 */
export function neighbourProblems(
  files: readonly SourceFile[],
  self: Neighbour,
  all: readonly Neighbour[],
): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap(({ target, line }) => {
      const isTest = path.startsWith(`${self.folder}/test/`);
      const inside = all.find(({ folder }) => target.startsWith(`${folder}/`));
      if (inside !== undefined && inside.folder !== self.folder) {
        return [`${path}:${line} imports ${target}: another package is imported by its name`];
      }
      const other = all.find(({ name }) => target === name || target.startsWith(`${name}/`));
      if (other?.folder === self.folder && !isTest) {
        return [
          `${path}:${line} imports ${target}: a package imports its own files by their paths`,
        ];
      }
      if (other === undefined || other.private || other.folder === self.folder) return [];
      if (isTest && other.folder === 'packages/sandbox') return [];
      return [`${path}:${line} imports ${target}: published packages do not import each other`];
    }),
  );
}
