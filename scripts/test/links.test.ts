import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Where the picture of docs/architecture.md leads, which GitHub draws in a frame without an address. */
const REPOSITORY = 'https://github.com/prosora/prosora/tree/main/';

const pages = globSync(['*.md', 'docs/**/*.md', '{packages,examples}/*/*.md'], { cwd: ROOT });

/** What a page links to in this repository, as paths below the root. */
function linksIn(page: string): string[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const relative = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, link = '']) =>
    path.join(path.dirname(page), link),
  );
  const drawn = text.split('"').filter((part) => part.startsWith(REPOSITORY));
  return [...relative, ...drawn.map((link) => link.slice(REPOSITORY.length))];
}

test.each(pages)('%s links to files and folders that are there', (page) => {
  expect(linksIn(page).filter((link) => !existsSync(path.join(ROOT, link)))).toEqual([]);
});
