import { createTokenBucket } from '@prosora/service';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLimits, planOf } from '../../src/purge/limits.ts';

test('whenever calls are wanted, the free plan grants all that are made', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 300 });
  fc.assert(
    fc.property(waits, (given) => {
      let now = 0;
      const limits = createLimits('free', () => now);
      // Cloudflare's own.
      const granted = createTokenBucket({ capacity: 25, perMs: 5 / 60_000, now: () => now });
      for (const wait of given) {
        now += wait;
        now += limits.msUntil('everything');
        expect(granted.msUntil(1)).toBeLessThan(0.001);
        granted.add(-1);
        limits.spend('everything');
      }
    }),
  );
});

test('a purge on the free plan waits 12 s at most for its turn', () => {
  const limits = createLimits('free', () => 0);
  for (let call = 0; call < 25; call += 1) limits.spend('everything');
  expect(limits.msUntil('everything')).toBe(12_000);
});

test('after a refusal nothing is asked before the time that it named', () => {
  let now = 0;
  const limits = createLimits('pro', () => now);
  expect(limits.refused(30_000)).toBe(30_000);
  expect(limits.msUntil('urls')).toBe(30_000);
  expect(limits.refused(5_000)).toBe(5_000);
  now = 29_999;
  expect(limits.msUntil('everything')).toBe(1);
  now = 30_000;
  expect(limits.msUntil('everything')).toBe(0);
});

test('a plan that is not known counts as the smallest', () => {
  expect(planOf('business')).toBe('business');
  expect(planOf('partners_pro')).toBe('free');
  expect(planOf(undefined)).toBe('free');
});
