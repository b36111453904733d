import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Characters, splitAddresses } from '../../src/accept/address-list.ts';

/** A text that counts how often a character of it is read. */
function counted(text: string): Characters & { steps: number } {
  const reader = {
    steps: 0,
    length: text.length,
    charCodeAt(at: number) {
      reader.steps++;
      return text.charCodeAt(at);
    },
    slice(from?: number, to?: number) {
      const part = text.slice(from, to);
      reader.steps += part.length;
      return part;
    },
  };
  return reader;
}

/** Made of what a quoted name is made of, so that each run is full of quotes and escapes that do not fit. */
const hostile = fc.string({
  unit: fc.constantFrom('"', '\\', ',', ' ', '@', '<', '>', 'a', '\\"', '"\\'),
  maxLength: 2_000,
});

test('reads each character of a list once and copies it once, whatever quotes and escapes it has', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const reader = counted(text);
      splitAddresses(reader);
      expect(reader.steps).toBeLessThanOrEqual(2 * text.length);
    }),
  );
});

test('100 kB of escapes take no more steps than they have characters, twice', () => {
  for (const text of ['"\\'.repeat(50_000), '\\"'.repeat(50_000), '"'.repeat(99_999)]) {
    const reader = counted(text);
    splitAddresses(reader);
    expect(reader.steps).toBeLessThanOrEqual(2 * text.length);
  }
});

test('finds every address that was joined with commas, also in names with commas and escaped quotes', () => {
  const name = fc.string({ unit: fc.constantFrom('a', ',', ' ', '@', '<', '\\"', '\\\\') });
  const address = fc
    .tuple(fc.option(name), fc.stringMatching(/^[a-z]{1,5}$/))
    .map(([quoted, local]) =>
      quoted === null ? `${local}@example.org` : `"${quoted}" <${local}@example.org>`,
    );
  fc.assert(
    fc.property(fc.array(address, { minLength: 1 }), (addresses) => {
      expect(splitAddresses(addresses.join(', '))).toEqual(addresses);
    }),
  );
});
