import type { SourceFile } from './sources.ts';

/** The longest run of equal lines that two files share, or that one file has twice. */
export interface Copy {
  /** Where it begins, as `path:line`. */
  places: readonly [string, string];
  lines: number;
}

interface Line {
  path: string;
  number: number;
  text: string;
}

const shortestRun = 6;

/**
 * The pairs of files with six or more equal lines in a row, the longest run first.
 *
 * Lines that say nothing of their own are passed over: blank ones, comments, imports, lone punctuation.
 */
export function copiesIn(files: readonly SourceFile[]): Copy[] {
  const lines = files.flatMap((file) => [...codeOf(file), endOf(file)]);
  const copies = new Map<string, Copy>();
  const begun = new Map<string, number[]>();
  for (const [second, line] of lines.entries()) {
    const run = lines.slice(second, second + shortestRun).map(({ text }) => text);
    const key = run.join('\n');
    const before = begun.get(key) ?? [];
    for (const first of before) {
      const length = sharedLength(lines, first, second);
      const from = lines[first];
      if (from === undefined || length < shortestRun) continue;
      const pair = `${from.path} ${line.path}`;
      const places = [`${from.path}:${from.number}`, `${line.path}:${line.number}`] as const;
      if (length > (copies.get(pair)?.lines ?? 0)) copies.set(pair, { places, lines: length });
    }
    begun.set(key, [...before, second]);
  }
  return [...copies.values()].sort((one, other) => other.lines - one.lines);
}

/** How many lines are equal from two places on; a run does not overlap itself. */
function sharedLength(lines: readonly Line[], first: number, second: number): number {
  let length = 0;
  while (
    first + length < second &&
    second + length < lines.length &&
    lines[first + length]?.text === lines[second + length]?.text
  ) {
    length += 1;
  }
  return length;
}

/** Equal to no other line, so that no run goes on from one file into the next. */
function endOf({ path }: SourceFile): Line {
  return { path, number: 0, text: `\0 end of ${path}` };
}

function codeOf(file: SourceFile): Line[] {
  const imported = importLinesOf(file);
  return file.text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.trim().replaceAll(/\s+/g, ' ') }))
    .filter(({ text }) => /\w/.test(text) && !/^(\/\/|\/?\*)/.test(text))
    .filter(({ number }) => !imported.has(number))
    .map((line) => ({ path: file.path, ...line }));
}

/** The lines of all import statements, from `import` or `export` to what it names. */
function importLinesOf({ text, imports }: SourceFile): Set<number> {
  const lines = text.split('\n');
  const numbers = new Set<number>();
  for (const { line } of imports) {
    // Not an `import(…)` in the middle of the code.
    if (!/^(import|export|\}).*['"]/.test(lines[line - 1] ?? '')) continue;
    let first = line;
    while (first > 1 && !/^(import|export)\b/.test(lines[first - 1] ?? '')) first -= 1;
    for (let number = first; number <= line; number++) numbers.add(number);
  }
  return numbers;
}
