// Holds the code against the plan of the house, scripts/house/plan.ts: fails where a part that is finished departs
// from it, and tells what the other parts still miss.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { circleProblems, circlesIn } from './house/circles.ts';
import { copiesIn } from './house/copies.ts';
import { logProblems } from './house/log-calls.ts';
import { plan } from './house/plan.ts';
import { proseProblems } from './house/prose.ts';
import { roomsOf } from './house/rooms.ts';
import {
  faceOf,
  faceProblems,
  flowProblems,
  lengthProblems,
  type Neighbour,
  neighbourProblems,
  testPlaceProblems,
} from './house/rules.ts';
import { linesOf, readSources, type SourceFile } from './house/sources.ts';

/** Pairs of files with six or more equal lines, tests included. */
const MOST_COPIES = 8;

const root = process.cwd();
const packages = globSync('packages/*/package.json', { cwd: root }).map(
  (path): Neighbour => ({
    folder: posix.dirname(path),
    ...JSON.parse(readFileSync(posix.join(root, path), 'utf8')),
  }),
);
const code = readSources(root, 'packages', 'examples', 'bench', 'scripts');
const circles = circlesIn(root);
const problems: string[] = [];
const unfinished: string[] = [];
const table: Record<string, Record<string, number | string>> = {};

for (const self of packages) {
  problems.push(...neighbourProblems(codeIn(self.folder), self, packages));
  if (!plan[self.folder]) problems.push(`${self.folder} has no place in scripts/house/plan.ts`);
}

for (const [folder, { flow, finished }] of Object.entries(plan)) {
  const isPackage = folder.startsWith('packages/');
  const src = `${folder}/src`;
  const sources = codeIn(isPackage ? src : folder).filter(({ path }) => !path.includes('/test/'));
  const closing = circles.filter((place) => place.startsWith(`${folder}/`));
  (finished ? problems : unfinished).push(
    ...lengthProblems(codeIn(folder)),
    ...(isPackage
      ? [
          ...faceProblems(sources, src),
          ...flowProblems(sources, src, flow),
          ...testPlaceProblems(codeIn(folder), folder, flow),
        ]
      : []),
    ...circleProblems(folder, closing),
  );
  table[posix.basename(folder)] = {
    ...sizesOf(sources),
    ...(isPackage && { face: faceOf(sources, src).length, ...roomsOf(sources, src) }),
    circles: closing.length,
    finished: finished ? 'yes' : 'not yet',
  };
}

problems.push(...logProblems(code), ...proseProblems(root));

const copies = copiesIn(code);
if (copies.length > MOST_COPIES) {
  problems.push(`${copies.length} pairs of files share six or more lines, and ${MOST_COPIES} may`);
}

console.table(table);
tell(
  `Pairs of files that share six or more lines (at most ${MOST_COPIES})`,
  copies.map(({ places, lines }) => `${places.join(' and ')}: ${lines} lines`),
);
tell('Still to do where a part is not finished', unfinished);
tell('Problems', problems);
process.exitCode = problems.length === 0 ? 0 : 1;

function codeIn(folder: string): SourceFile[] {
  return code.filter(({ path }) => path.startsWith(`${folder}/`));
}

function sizesOf(files: readonly SourceFile[]): Record<string, number> {
  const lines = files.map(linesOf).sort((one, other) => one - other);
  return {
    files: lines.length,
    lines: lines.reduce((sum, count) => sum + count, 0),
    median: lines[Math.floor(lines.length / 2)] ?? 0,
    longest: lines.at(-1) ?? 0,
  };
}

function tell(title: string, sentences: readonly string[]): void {
  if (sentences.length === 0) return;
  console.log(`\n${title}:\n${sentences.map((sentence) => `  ${sentence}\n`).join('')}`);
}
