// npm test, npm run test:stack: vitest, with the words given. In CI the files of a few failed tests run once more, by
// themselves: what fails then is broken, what passes then is told as unsteady and has to be mended, and stops nobody.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonTestResults } from 'vitest/node';

/** More than these at once are no accident. */
const MOST_FILES = 3;

const words = process.argv.slice(2);
const config = ['--config', 'vitest.workspace.ts'];

function vitest(...further: string[]): number {
  const { status } = spawnSync('vitest', ['run', ...config, ...words, ...further], {
    stdio: 'inherit',
  });
  return status ?? 1;
}

function inCi(): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'prosora-tests-'));
  const report = path.join(folder, 'report.json');
  const reporters = ['default', path.join(import.meta.dirname, 'closing-line.ts'), 'json'];
  const status = vitest(
    ...reporters.map((name) => `--reporter=${name}`),
    `--outputFile.json=${report}`,
  );
  const failed = status === 0 ? [] : failedIn(report);
  rmSync(folder, { recursive: true });
  if (failed.length === 0 || failed.length > MOST_FILES) return status;
  const again = vitest('--reporter=default', ...failed.map(({ file }) => file));
  if (again !== 0) return again;
  const count = failed.reduce((sum, { tests }) => sum + tests.length, 0);
  console.log(`${count} failed, and passed when run again:`);
  for (const { file, tests } of failed) for (const test of tests) console.log(`${file} > ${test}`);
  return 0;
}

/** Files of which a test failed, or which failed as a whole, and what failed in each; none where a run broke off. */
function failedIn(report: string): { file: string; tests: string[] }[] {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as JsonTestResults;
  return testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, assertionResults }) => {
      const tests = assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => fullName);
      return {
        file: path.relative(process.cwd(), name),
        tests: tests.length > 0 ? tests : ['all'],
      };
    });
}

process.exitCode = process.env['CI'] ? inCi() : vitest();
