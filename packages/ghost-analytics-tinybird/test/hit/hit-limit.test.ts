import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHitLimit } from '../../src/hit/hit-limit.ts';

/** Whether a hit of the address is taken. */
function limitWith(perMinute: number) {
  let nowMs = 0;
  const limit = createHitLimit(perMinute, () => nowMs);
  return {
    after: (ms: number) => {
      nowMs += ms;
    },
    takes(address: string): boolean {
      try {
        limit(address);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'TOO_MANY_HITS', status: 429 });
        return false;
      }
    },
  };
}

test('no address gets more than its limit in a minute, and all begin anew after it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.ipV4()), (perMinute, addresses) => {
      const limit = limitWith(perMinute);
      const own = '203.0.113.7';
      for (const address of addresses) if (address !== own) limit.takes(address);
      const taken = Array.from({ length: perMinute + 5 }, () => limit.takes(own));
      expect(taken.filter(Boolean).length).toBeLessThanOrEqual(perMinute);
      limit.after(60_000);
      expect(limit.takes(own)).toBe(true);
    }),
  );
});

test('100,000 readers a minute are taken, though no address of them is kept', () => {
  const limit = limitWith(600);
  let refused = 0;
  for (let reader = 0; reader < 100_000; reader += 1) {
    const address = `10.${reader >> 16}.${(reader >> 8) & 255}.${reader & 255}`;
    for (let page = 0; page < 5; page += 1) refused += limit.takes(address) ? 0 : 1;
  }
  expect(refused).toBe(0);
});

test('64 bits of IPv6 are one address, and 0 is no limit', () => {
  const limit = limitWith(1);
  expect([limit.takes('2001:db8::1'), limit.takes('2001:db8::2')]).toEqual([true, false]);
  const none = limitWith(0);
  expect([none.takes('203.0.113.7'), none.takes('203.0.113.7')]).toEqual([true, true]);
});
