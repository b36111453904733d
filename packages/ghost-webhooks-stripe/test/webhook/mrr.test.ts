import { describe, expect, test } from 'vitest';
import { type MrrInput, mrrOf } from '../../src/index.ts';

const worth = (
  amount: number,
  interval: string,
  changes: Partial<MrrInput> & { count?: number } = {},
) => {
  const { count = 1, ...more } = changes;
  const recurring = { interval, interval_count: count };
  return mrrOf({
    status: 'active',
    cancel_at_period_end: false,
    discount: null,
    items: { data: [{ id: 'si_1', price: { unit_amount: amount, recurring } }] },
    ...more,
  } as MrrInput);
};
const off = (coupon: object, end: number | null = null) =>
  ({ coupon: { amount_off: null, percent_off: null, ...coupon }, end }) as MrrInput['discount'];

describe("monthly recurring revenue by Ghost's rule", () => {
  test('a year is twelve months rounded down, a week four to a month, a day thirty', () => {
    expect(worth(500, 'month')).toBe(500);
    expect(worth(5_000, 'year')).toBe(416);
    expect(worth(100, 'week')).toBe(400);
    expect(worth(10, 'day')).toBe(300);
    // Ghost does not look at the count either.
    expect(worth(500, 'month', { count: 3 })).toBe(500);
  });

  test('what is not paid for or set to end is worth nothing, what is owed is', () => {
    for (const status of ['trialing', 'incomplete', 'incomplete_expired', 'canceled'] as const) {
      expect([status, worth(500, 'month', { status })]).toEqual([status, 0]);
    }
    expect(worth(500, 'month', { cancel_at_period_end: true })).toBe(0);
    expect(worth(500, 'month', { status: 'past_due' })).toBe(500);
    expect(worth(500, 'month', { status: 'unpaid' })).toBe(500);
  });

  test('only a discount without an end counts', () => {
    const forever = { duration: 'forever' };
    expect(worth(500, 'month', { discount: off({ ...forever, percent_off: 25 }) })).toBe(375);
    expect(worth(500, 'month', { discount: off({ ...forever, amount_off: 600 }) })).toBe(0);
    expect(worth(500, 'month', { discount: off({ ...forever, percent_off: 25 }, 1) })).toBe(500);
    expect(worth(500, 'month', { discount: off({ duration: 'once', percent_off: 25 }) })).toBe(500);
  });
});
