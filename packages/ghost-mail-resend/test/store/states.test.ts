import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
const WRITER = 'store/states.ts';
/** What a statement writes, up to where it says which rows. */
const WRITES =
  /\.(?:insertInto|updateTable|replaceInto)\('(?:chunk|recipient)'\)([\s\S]*?)(?:\.where\(|\.execute)/g;

const files = globSync('**/*.ts', { cwd: SOURCE });
const sourceOf = (file: string) => readFileSync(join(SOURCE, file), 'utf8');
/** Also where nobody can tell, since the values are made elsewhere; a new row always has a state. */
const isStateWritten = (text: string) => /\bstate\b|\.values\(|\.set\(\s*[\w.]+\s*\)/.test(text);
const statesWritten = (file: string) =>
  [...sourceOf(file).matchAll(WRITES)].filter(([, written = '']) => isStateWritten(written));

test('no file but store/states.ts writes the state of a chunk or a recipient', () => {
  expect(files.filter((file) => statesWritten(file).length > 0)).toEqual([WRITER]);
});

test('no file but the migrations writes a chunk or a recipient in SQL of its own', () => {
  const raw = /(?:update|insert\s+into|replace\s+into)\s+`?(?:chunk|recipient)\b/i;
  const writers = files.filter((file) => raw.test(sourceOf(file)));
  expect(writers.filter((file) => !/^store\/migration/.test(file))).toEqual([]);
});

test('no statement takes the name of the table that it writes from a variable', () => {
  const nameless = /\.(?:insertInto|updateTable|replaceInto)\((?!')/;
  expect(files.filter((file) => nameless.test(sourceOf(file)))).toEqual([]);
});
