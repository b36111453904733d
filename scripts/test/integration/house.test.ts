import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

let house: string;

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'prosora-house-'));
  const { linter } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  write('biome.json', JSON.stringify({ root: true, linter }));
  write('packages/service/package.json', '{ "name": "@prosora/service", "private": true }');
});
afterEach(() => rmSync(house, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(house, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** What `npm run house` says of the packages that were written. */
function check(): { code: number | null; text: string } {
  const command = ['--conditions=@prosora/source', join(ROOT, 'scripts/house.ts')];
  const bin = join(ROOT, 'node_modules/.bin');
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: house,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` },
  });
  return { code: status, text: stdout + stderr };
}

test('a house that is in order passes', () => {
  write('packages/service/src/http/listen.ts', "export * from '../errors.ts';\n");
  write('packages/service/src/errors.ts', 'export const code = 1;\n');
  expect(check()).toMatchObject({ code: 0 });
});

test('a circle of types alone fails a finished package', () => {
  write(
    'packages/service/src/http/one.ts',
    "import type { Two } from './two.ts';\nexport type One = Two | 1;\n",
  );
  write(
    'packages/service/src/http/two.ts',
    "import type { One } from './one.ts';\nexport type Two = One | 2;\n",
  );
  const { code, text } = check();
  expect(text).toContain(
    'packages/service imports in a circle: src/http/one.ts:1, src/http/two.ts:1',
  );
  expect(code).toBe(1);
});

test('a package without a place in the plan fails', () => {
  write('packages/cellar/package.json', '{ "name": "@prosora/cellar" }');
  const { code, text } = check();
  expect(text).toContain('packages/cellar has no place in scripts/house/plan.ts');
  expect(code).toBe(1);
});
