import { expect, test } from 'vitest';
import { createNegativeCache } from '../../src/cloudinary/negative-cache.ts';

const MINUTE = 60_000;

test('a 40x answer is kept for a minute, then twice as long each time, up to a day', () => {
  let now = 0;
  const cache = createNegativeCache(() => now);
  const refusal = { status: 404, message: 'Resource not found - x' };
  let keptMs = MINUTE;
  for (let times = 0; times < 15; times += 1) {
    expect(cache.get('/x')).toBeUndefined();
    cache.put('/x', refusal);
    now += keptMs - 1;
    expect(cache.get('/x')).toMatchObject(refusal);
    expect(cache.get('/y')).toBeUndefined();
    now += 1;
    keptMs = Math.min(2 * keptMs, 24 * 60 * MINUTE);
  }
  expect(keptMs).toBe(24 * 60 * MINUTE);
});
