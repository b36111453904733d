import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../src/index.ts';

const NOW = Date.UTC(2026, 0, 1);

test('seconds and dates are waits, and neither is none', () => {
  expect(parseRetryAfter('2', NOW)).toBe(2_000);
  expect(parseRetryAfter('0.5', NOW)).toBe(500);
  expect(parseRetryAfter(new Date(NOW + 5_000).toUTCString(), NOW)).toBe(5_000);
  for (const none of [null, undefined, '', ' ', 'soon']) {
    expect(parseRetryAfter(none, NOW)).toBeUndefined();
  }
});

test('no header makes a wait that is negative or no number', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      const wait = parseRetryAfter(header, NOW);
      expect(wait === undefined || wait >= 0).toBe(true);
    }),
  );
});
