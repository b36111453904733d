// npm test, npm run test:stack: vitest, with the words given. In CI the files of a few failed tests run once more, by
// themselves: what fails then is broken, what passes then is told as unsteady and has to be mended, and stops nobody.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Failures } from './failed-files.ts';

/** More than these at once are no accident. */
const MOST_FILES = 3;

const words = process.argv.slice(2);
const config = ['--config', 'vitest.workspace.ts'];

function vitest(further: string[], env: Record<string, string> = {}): number {
  const { status } = spawnSync('vitest', ['run', ...config, ...words, ...further], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}

function inCi(): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'prosora-tests-'));
  const report = path.join(folder, 'failures.json');
  const reporters = ['closing-line.ts', 'failed-files.ts'].map((name) =>
    path.join(import.meta.dirname, name),
  );
  const status = vitest(
    ['default', ...reporters].map((name) => `--reporter=${name}`),
    { PROSORA_FAILURES: report },
  );
  // There is none where the run itself broke off.
  const failures: Failures | undefined =
    status !== 0 && existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  const { files = [], isElsewhere } = failures ?? {};
  if (isElsewhere || files.length === 0 || files.length > MOST_FILES) return status;
  const again = vitest(['--reporter=default', ...files.map(({ file }) => file)]);
  if (again !== 0) return again;
  const failed = files.flatMap(({ file, tests }) => tests.map((test) => `${file} > ${test}`));
  console.log(`${failed.length} failed, and passed when run again:`);
  for (const test of failed) console.log(test);
  return 0;
}

process.exitCode = process.env['CI'] ? inCi() : vitest([]);
