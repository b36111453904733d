import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const mostColumns = 100;

const fence = /^\s*```/;
/** Tables, texts that are copied as a whole, and a link alone, which cannot be broken. */
const mayBeLong = /^\s*(\||>|\[[^\]]+\]\(\S+\)[.,;]?$)/;

/** Lines of Markdown that are wider than an editor beside its neighbour shows. */
export function proseProblems(root: string): string[] {
  const exclude = ['**/node_modules/**', '**/CHANGELOG.md', '.prosora/**'];
  const paths = [
    ...globSync('**/*.md', { cwd: root, exclude }),
    ...globSync('.changeset/*.md', { cwd: root }),
  ];
  return paths.flatMap((path) => wideLines(path, readFileSync(posix.join(root, path), 'utf8')));
}

/** The same of one text. */
export function wideLines(path: string, text: string): string[] {
  let isCode = false;
  return text.split('\n').flatMap((line, at) => {
    if (fence.test(line)) isCode = !isCode;
    if (isCode || line.length <= mostColumns || mayBeLong.test(line)) return [];
    return [`${path}:${at + 1} has ${line.length} columns, and ${mostColumns} at most are allowed`];
  });
}
