import { expect, test } from 'vitest';
import { sparkline, stepLine } from '../../src/look/chart.ts';

test('a course is told in words too, and broken where nothing is known', () => {
  const { text } = sparkline([0, 5, null, 10], 'Mails');
  expect(text).toContain('aria-label="Mails: between 0 and 10, now 10"');
  expect(text.match(/M/g)?.length).toBeGreaterThanOrEqual(2);
  expect(sparkline([null], 'Mails').text).not.toContain('svg');
});

test('a step line has its numbers as a list', () => {
  const points = [
    { at: '2026-12-01T00:00:00Z', value: 100 },
    { at: '2026-12-02T00:00:00Z', value: 150.5 },
  ];
  const { text } = stepLine({ caption: 'MRR', points, unit: 'USD', zone: 'UTC' });
  expect(text).toContain('aria-label="MRR: between 100 USD and 151 USD"');
  expect(text).toContain('<details><summary>The numbers</summary>');
  expect(text).not.toContain('NaN');
});
