import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/stand-in/random.ts';

test('the same seed makes the same numbers and texts, another seed others', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const [a, b, other] = [createRandom(seed), createRandom(seed), createRandom(`${seed}.`)];
      const sample = a.text(20);
      expect(b.text(20)).toBe(sample);
      expect(other.text(20)).not.toBe(sample);
      expect(sample).toMatch(/^[a-z0-9]{20}$/);
    }),
  );
});

test('numbers are spread evenly from 0 up to, not including, 1', () => {
  const random = createRandom('spread');
  const buckets = new Array<number>(10).fill(0);
  for (let n = 0; n < 10_000; n += 1) {
    const at = Math.floor(random.next() * 10);
    buckets[at] = (buckets[at] ?? Number.NaN) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
