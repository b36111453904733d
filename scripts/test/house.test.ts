import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { copiesIn } from '../house/copies.ts';
import { logCallsIn, logProblems } from '../house/log-calls.ts';
import { wideLines } from '../house/prose.ts';
import { roomsOf } from '../house/rooms.ts';
import {
  faceProblems,
  flowProblems,
  lengthProblems,
  type Neighbour,
  neighbourProblems,
  testPlaceProblems,
} from '../house/rules.ts';
import { sourceFile } from '../house/sources.ts';

const SRC = 'packages/inn/src';
const FLOW = ['door', 'table', 'kitchen'];

const inn = (path: string, ...lines: string[]) =>
  sourceFile(posix.join(SRC, path), lines.map((line) => `${line}\n`).join(''));

test('a folder imports from those that follow it in the flow', () => {
  const files = [
    inn('door/greet.ts', "import { seat } from '../table/seat.ts';"),
    inn('table/seat.ts', "import { cook } from '../kitchen/cook.ts';", "import './menu.ts';"),
  ];
  expect(flowProblems(files, SRC, FLOW)).toEqual([]);
});

test.each([
  ["import { greet } from '../door/greet.ts';"],
  ["import type { Guest } from '../door/greet.ts';"],
  ["export { greet } from '../door/greet.ts';"],
  ["export * from '../door/greet.ts';"],
  ["const door = await import('../door/greet.ts');"],
  ["type Guest = import('../door/greet.ts').Guest;"],
])('a folder that imports from one before it is told with its line: %s', (line) => {
  const files = [inn('kitchen/cook.ts', '', line)];
  expect(flowProblems(files, SRC, FLOW)).toEqual([
    `${SRC}/kitchen/cook.ts:2 imports ${SRC}/door/greet.ts, which comes before it in the flow`,
  ]);
});

test('the face imports every folder, and no folder imports the face but its options and errors', () => {
  const files = [
    inn('inn.ts', "import { cook } from './kitchen/cook.ts';", "import { name } from './sign.ts';"),
    inn('kitchen/cook.ts', "import { InnError } from '../errors.ts';"),
    inn('kitchen/wash.ts', "import { innOptions } from '../options.ts';"),
    inn('kitchen/deep/scrub.ts', "import type { Inn } from '../../inn.ts';"),
  ];
  expect(flowProblems(files, SRC, FLOW)).toEqual([
    `${SRC}/kitchen/deep/scrub.ts:1 imports ${SRC}/inn.ts, a file of the face`,
  ]);
});

test('a folder that is not in the flow is told once', () => {
  const files = [
    inn('cellar/barrel.ts', "import { greet } from '../door/greet.ts';"),
    inn('cellar/rack.ts', "import { greet } from '../door/greet.ts';"),
  ];
  expect(flowProblems(files, SRC, FLOW)).toEqual([
    `${SRC}/cellar/ has no place in the flow of scripts/house/plan.ts`,
  ]);
});

test('a word in a comment or a string is not an import', () => {
  const files = [
    inn('kitchen/cook.ts', "// import { greet } from '../door/greet.ts';"),
    inn('kitchen/wash.ts', 'const line = "import \'../door/greet.ts\'";'),
  ];
  expect(flowProblems(files, SRC, FLOW)).toEqual([]);
});

test('a face has eight files at most, its folders not counted', () => {
  const eight = Array.from({ length: 8 }, (_, number) => inn(`room-${number}.ts`));
  expect(faceProblems([...eight, inn('kitchen/cook.ts')], SRC)).toEqual([]);
  expect(faceProblems([...eight, inn('stairs.ts')], SRC)).toEqual([
    `${SRC}/ has 9 files beside its folders, and 8 at most are allowed`,
  ]);
});

test('a test stands in its layer in the folder that it tests', () => {
  const proof = (path: string, ...lines: string[]) => inn(`../test/${path}`, ...lines);
  const files = [
    proof('kitchen/cook.test.ts', "import { cook } from '../../src/kitchen/cook.ts';"),
    proof('integration/kitchen/deep/scrub.test.ts'),
    proof('e2e/evening.test.ts', "import { cook } from '../../src/kitchen/cook.ts';"),
    proof('meal.test.ts', "import '../src/kitchen/cook.ts';", "import '../src/table/seat.ts';"),
    proof('options.test.ts', "import { innOptions } from '../src/options.ts';"),
    proof('readme.test.ts', "import { cook } from '../src/kitchen/cook.ts';"),
    proof('fixtures/guest.ts', "import { cook } from '../../src/kitchen/cook.ts';"),
  ];
  expect(testPlaceProblems(files, 'packages/inn', FLOW)).toEqual([]);
  const astray = [
    proof('integration/cellar/barrel.test.ts'),
    proof('cook.test.ts', "import { cook } from '../src/kitchen/cook.ts';"),
  ];
  expect(testPlaceProblems(astray, 'packages/inn', FLOW)).toEqual([
    'packages/inn/test/integration/cellar/barrel.test.ts stands in cellar/, which src/ does not have',
    'packages/inn/test/cook.test.ts tests kitchen/ alone, and stands beside packages/inn/test/kitchen/',
  ]);
});

test('a file has three hundred lines at most', () => {
  const long = (lines: number) => inn('long.ts', ...Array<string>(lines).fill('x;'));
  expect(lengthProblems([long(300)])).toEqual([]);
  expect(lengthProblems([long(301)])).toEqual([
    `${SRC}/long.ts has 301 lines, and 300 at most are allowed`,
  ]);
});

test('rooms are folders and the files beside them, arrows the imports between two of them', () => {
  const files = [
    inn('inn.ts', "import './door/greet.ts';", "import './door/bow.ts';", "import './sign.ts';"),
    inn('sign.ts'),
    inn('door/greet.ts', "import './bow.ts';", "import '../sign.ts';"),
    inn('door/bow.ts', "import { join } from 'node:path';"),
  ];
  expect(roomsOf(files, SRC)).toEqual({ rooms: 3, arrows: 3 });
});

const NEIGHBOURS: Neighbour[] = [
  { folder: 'packages/inn', name: '@prosora/inn' },
  { folder: 'packages/mill', name: '@prosora/mill' },
  { folder: 'packages/sandbox', name: '@prosora/sandbox' },
  { folder: 'packages/well', name: '@prosora/well', private: true },
];

function neighbourProblemsOf(path: string, line: string): string[] {
  const [inn] = NEIGHBOURS;
  return inn ? neighbourProblems([sourceFile(`packages/inn/${path}`, line)], inn, NEIGHBOURS) : [];
}

test.each([
  ["import { grind } from '@prosora/mill';"],
  ["import { grind } from '@prosora/mill/stones';"],
  ["import { pour } from '@prosora/sandbox';"],
])('published code does not import published code: %s', (line) => {
  expect(neighbourProblemsOf('src/inn.ts', line)).toHaveLength(1);
});

test.each([
  ['src/inn.ts', "import { draw } from '@prosora/well/rope';"],
  ['test/inn.test.ts', "import { open } from '@prosora/inn';"],
  ['src/inn.ts', "import { grind } from '@prosora/milliner';"],
  ['test/inn.test.ts', "import { pour } from '@prosora/sandbox';"],
])('what is private, its own or for tests may be imported: %s %s', (path, line) => {
  expect(neighbourProblemsOf(path, line)).toEqual([]);
});

test('a package does not import itself by its name, which would hide an import of its face', () => {
  expect(neighbourProblemsOf('src/inn.ts', "import { open } from '@prosora/inn';")).toHaveLength(1);
});

test('no package reaches into the files of another', () => {
  const line = "import { draw } from '../../well/src/rope.ts';";
  expect(neighbourProblemsOf('src/inn.ts', line)).toEqual([
    'packages/inn/src/inn.ts:1 imports packages/well/src/rope.ts: another package is imported by its name',
  ]);
});

const SIX = ['one();', 'two();', 'three();', 'four();', 'five();', 'six();'];

test('six equal lines are a copy however they are indented and spaced out', () => {
  const spaced = ['let a;', ...SIX.flatMap((line) => [`    ${line}`, '', '  // Why.', '}'])];
  const copies = copiesIn([inn('one.ts', ...SIX, 'x();'), inn('two.ts', ...spaced, 'y();')]);
  expect(copies).toEqual([{ places: [`${SRC}/one.ts:1`, `${SRC}/two.ts:2`], lines: 6 }]);
});

test('five equal lines are no copy, nor are six that go on in the next file', () => {
  const five = SIX.slice(1);
  expect(copiesIn([inn('one.ts', ...five), inn('two.ts', ...five), inn('z.ts', 'z();')])).toEqual(
    [],
  );
  const [first = '', ...rest] = SIX;
  const split = [inn('a.ts', ...SIX), inn('b.ts', first), inn('c.ts', ...rest)];
  expect(copiesIn(split)).toEqual([]);
});

test('a pair of files counts once, with its longest run, and a file can repeat itself', () => {
  const eight = [...SIX, 'seven();', 'eight();'];
  const both = (name: string) => [`${name}();`, ...SIX, `${name}Too();`, ...eight];
  expect(copiesIn([inn('one.ts', ...both('a')), inn('two.ts', ...both('b'))])).toEqual([
    { places: [`${SRC}/one.ts:9`, `${SRC}/two.ts:9`], lines: 8 },
    { places: [`${SRC}/one.ts:2`, `${SRC}/one.ts:9`], lines: 6 },
    { places: [`${SRC}/two.ts:2`, `${SRC}/two.ts:9`], lines: 6 },
  ]);
});

test('equal imports are no copy', () => {
  const names = SIX.map((line) => `  ${line.slice(0, -3)},`);
  const imports = ['import {', ...names, "} from './numbers.ts';"];
  expect(copiesIn([inn('one.ts', ...imports), inn('two.ts', ...imports)])).toEqual([]);
});

test('a call to the log without an event is told with its line', () => {
  const file = sourceFile(
    'packages/service/src/serve.ts',
    [
      "logger.info({ event: 'guest.seated', at: now() }, 'a guest sat down');",
      "logger.warn('lost');",
    ]
      .map((line) => `${line}\n`)
      .join(''),
  );
  expect(logProblems([file])).toEqual([
    "packages/service/src/serve.ts:2 logs without an event: 'part.what'",
  ]);
  expect(logCallsIn([file])[0]).toMatchObject({
    level: 'info',
    event: 'guest.seated',
    sentence: 'a guest sat down',
  });
});

test('a line of prose over 100 columns is told, but for tables, code and what cannot be broken', () => {
  const wide = 'word '.repeat(21).trim();
  const link = `[page](https://example.com/${'x'.repeat(100)})`;
  const text = [wide, `| ${wide} |`, `> ${wide}`, '```', wide, '```', link, 'short', wide].join(
    '\n',
  );
  expect(wideLines('docs/inn.md', text)).toEqual([
    'docs/inn.md:1 has 104 columns, and 100 at most are allowed',
    'docs/inn.md:9 has 104 columns, and 100 at most are allowed',
  ]);
});
