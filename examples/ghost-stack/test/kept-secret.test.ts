import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import {
  afterStep,
  type KeptSecret,
  readKeptSecret,
  type Step,
  writeKeptSecret,
} from '../src/kept-secret.ts';

const STEPS: readonly Step[] = ['begin', 'switch', 'end'];

/** What whoever is called takes. */
const takenOf = ({ value, other }: KeptSecret) => [value, other?.value];

test('in whatever order steps are repeated, what is shown is taken before and after each', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 12 }), (steps) => {
      let drawn = 0;
      let secret: KeptSecret = { value: 'the first' };
      for (const step of steps) {
        const next = afterStep(secret, step, () => `drawn ${++drawn}`);
        // Those who call read their files later than those who are called, or earlier.
        expect(takenOf(next)).toContain(secret.value);
        expect(takenOf(secret)).toContain(next.value);
        secret = next;
      }
    }),
  );
});

test('the three steps end with the new one alone, each taken twice or once', () => {
  const make = () => 'the second';
  const twice = STEPS.flatMap((step) => [step, step]);
  for (const steps of [STEPS, twice]) {
    const last = steps.reduce<KeptSecret>((secret, step) => afterStep(secret, step, make), {
      value: 'the first',
    });
    expect(last).toEqual({ value: 'the second' });
  }
});

test('what is kept is read back, and the file of a former version too', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'prosora-kept-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'secret');
  for (const secret of [
    { value: 'alone' },
    { value: 'a', other: { value: '-b', is: 'next' } },
    { value: '+b', other: { value: 'a', is: 'former' } },
  ] satisfies KeptSecret[]) {
    writeKeptSecret(file, secret);
    expect(readKeptSecret(file)).toEqual(secret);
  }
});
