import { expect, test } from 'vitest';
import { createHitLimit } from '../src/hit-limit.ts';

/** Which of the addresses are let through, one after the other. */
function granted(limit: (address: string) => void, addresses: string[]): string[] {
  return addresses.filter((address) => {
    try {
      limit(address);
      return true;
    } catch {
      return false;
    }
  });
}

test('each network has its hits in a minute, and all have them anew in the next', () => {
  let nowMs = 5_000;
  const limit = createHitLimit(2, () => nowMs);
  const asked = [
    '192.0.2.1',
    '2001:db8::1',
    '192.0.2.1',
    '2001:db8::2',
    '192.0.2.1',
    '2001:db8::3',
  ];
  expect(granted(limit, asked)).toEqual(asked.slice(0, 4));
  nowMs += 59_999;
  expect(granted(limit, asked)).toEqual([]);
  nowMs += 1;
  expect(granted(limit, asked)).toEqual(asked.slice(0, 4));
});

test('a clock that is set back by an hour keeps nobody out for an hour', () => {
  let nowMs = 7_200_000;
  const limit = createHitLimit(1, () => nowMs);
  granted(limit, ['192.0.2.1']);
  nowMs -= 3_600_000;
  expect(granted(limit, ['192.0.2.1', '192.0.2.1'])).toEqual(['192.0.2.1']);
});

test('0 is no limit', () => {
  expect(granted(createHitLimit(0), ['192.0.2.1', '192.0.2.1'])).toHaveLength(2);
});
