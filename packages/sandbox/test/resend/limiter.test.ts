import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLimiter } from '../../src/resend/limiter.ts';

const KINDS = ['fixed-window', 'sliding-log', 'token-bucket'] as const;

/** Most calls that were allowed in any second, and any second may begin at an allowed call. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
  );
}

describe('the limiter', () => {
  test.each([
    ['fixed-window', 2],
    ['sliding-log', 1],
    ['token-bucket', 2],
  ] as const)('%s allows at most %i times the limit in any second', (kind, factor) => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 10 }), (waits, limit) => {
        const limiter = createLimiter(kind);
        let now = 1_700_000_000_000;
        const allowed: number[] = [];
        for (const wait of waits) {
          now += wait;
          if (limiter.take(now, limit).allowed) allowed.push(now);
        }
        expect(mostInASecond(allowed)).toBeLessThanOrEqual(factor * limit);
      }),
    );
  });

  test.each(KINDS)('%s allows a call after the wait it asked for', (kind) => {
    const limiter = createLimiter(kind);
    const start = 1_700_000_000_250;
    for (let call = 0; call < 5; call++) expect(limiter.take(start, 5).allowed).toBe(true);
    const refused = limiter.take(start, 5);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(limiter.take(start + refused.retryAfterMs - 1, 5).allowed).toBe(false);
    expect(limiter.take(start + refused.retryAfterMs, 5).allowed).toBe(true);
  });

  test.each(KINDS)('%s has the whole limit again after the reset', (kind) => {
    const limiter = createLimiter(kind);
    const start = 1_700_000_000_000;
    limiter.take(start, 5);
    const { resetMs } = limiter.take(start, 5);
    expect(limiter.take(start + resetMs, 5).remaining).toBe(4);
  });
});
