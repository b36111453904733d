import { expect, test } from 'vitest';
import { keepDrill, readDrills } from '../../../src/drill/drill-reports.ts';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const report = (run: string, isProven: boolean) => ({
  run,
  beganAt: '2026-11-29T04:45:00.000Z',
  endedAt: '2026-11-29T04:52:00.000Z',
  isProven,
  findings: [
    { name: 'database', status: isProven ? 'ok' : 'fail', sentence: 'So it is.' } as const,
  ],
});

test('what drills found is listed, in words and for a program', async () => {
  const dir = stackFolder('');
  expect((await prosora(dir, ['drill', 'list'])).output).toBe('There was no drill yet.\n');
  keepDrill(dir, report('one', false));
  keepDrill(dir, report('two', true));
  const { code, output } = await prosora(dir, ['drill', 'list']);
  expect({ code, output }).toEqual({
    code: 0,
    output: `2026-11-29T04:45:00.000Z  one is not proven.
  ✘ database: So it is.
2026-11-29T04:45:00.000Z  two is proven.
  ✔ database: So it is.
`,
  });
  expect(JSON.parse((await prosora(dir, ['drill', 'list', '--json'])).stdout)).toEqual([
    report('one', false),
    report('two', true),
  ]);
});

test('of a hundred reports and more the newest are kept', () => {
  const dir = stackFolder('');
  for (let at = 0; at < 103; at += 1) keepDrill(dir, report(`${at}`, true));
  expect(readDrills(dir).map(({ run }) => run)).toHaveLength(100);
  expect(readDrills(dir)[0]?.run).toBe('3');
});
