import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const script = new URL('../add-up.awk', import.meta.url).pathname;

const sumOf = (printed: string, status = 0) =>
  execFileSync('awk', ['-v', `status=${status}`, '-f', script], {
    input: printed,
    encoding: 'utf8',
  });

const RUNS = `
 Tests  3 passed (3)
3 passed, 0 failed, 1 skipped
> npm run something
40 passed, 0 failed, 0 skipped
`;

test('the closing lines of several runs are one, and other lines are not read', () => {
  expect(sumOf(RUNS)).toBe('43 passed, 0 failed, 1 skipped\n');
});

test('a step that fails without a failed test counts as one, and is not added to tests that failed', () => {
  expect(sumOf(RUNS, 1)).toBe('43 passed, 1 failed, 1 skipped\n');
  expect(sumOf(`${RUNS}1 passed, 2 failed, 0 skipped\n`, 1)).toBe(
    '44 passed, 2 failed, 1 skipped\n',
  );
  expect(sumOf('', 127)).toBe('0 passed, 1 failed, 0 skipped\n');
});

test('what failed and passed when run again has passed', () => {
  expect(
    sumOf(`${RUNS}1 passed, 2 failed, 0 skipped\n2 failed, and passed when run again:\n`),
  ).toBe('46 passed, 0 failed, 1 skipped\n');
});
