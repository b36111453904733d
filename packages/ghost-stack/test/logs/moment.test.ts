import { expect, test } from 'vitest';
import { momentOf } from '../../src/logs/moment.ts';

const NOW = new Date('2026-11-30T08:00:00Z');

test.each([
  ['30m', '2026-11-30T07:30:00.000Z'],
  ['7d', '2026-11-23T08:00:00.000Z'],
  ['2026-11-29', '2026-11-29T00:00:00.000Z'],
  ['2026-11-29T08:00:00+02:00', '2026-11-29T06:00:00.000Z'],
])('%s is %s', (text, moment) => {
  expect(momentOf(text, NOW).toISOString()).toBe(moment);
});

test('another word for a time is refused', () => {
  expect(() => momentOf('yesterday', NOW)).toThrow('"yesterday" is no time: use 30m');
});
