import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));
/** Kysely's and plain SQL's ways to write a row of an event. */
const WRITE =
  /(?:updateTable|insertInto)\(\s*'stripe_event'|(?:update|insert into)\s+stripe_event/i;
const COLUMNS = /\b(?:held|counts_once|twin_of)\s*[:=](?!=)/;

/** Each write of an event's row in a file, as far as the end of the statement. */
function writesIn(text: string): string[] {
  return text
    .split(new RegExp(`(?=${WRITE.source})`, 'i'))
    .filter((part) => WRITE.test(part))
    .map((part) => part.slice(0, part.search(/\.execute/)));
}

test('where an event stands is written by states.ts alone, and by the migrations before it', () => {
  const files = globSync('**/*.ts', { cwd: src }).map((path) => path.replaceAll('\\', '/'));
  const inserts = files.filter((path) => {
    const writes = writesIn(readFileSync(join(src, path), 'utf8'));
    return writes.some((write) => /^insert/i.test(write) || COLUMNS.test(write));
  });
  expect(files.length).toBeGreaterThan(50);
  expect(inserts.sort()).toEqual(['inbox/states.ts', 'inbox/tables.ts']);
});
