import { expect, test } from 'vitest';
import { OptionsError, operatorOptions, readOptions } from '../../src/index.ts';

const [one, other] = ['o'.repeat(32), 'p'.repeat(32)];
const read = (token: string) =>
  readOptions(operatorOptions('EXAMPLE'), { EXAMPLE_OPERATOR_TOKEN: token }).operatorToken;

test.each([one, `${one},${other}`])('%s opens the operator API', (token) => {
  expect(read(token)).toBe(token);
});

test.each([
  'short',
  `${one},`,
  `,${one}`,
  `${one},short`,
  'sixteen-of-them-,sixteen-of-them-',
  `${one},${other},${one}`,
])('%s does not, since a part of it could be guessed or is one too many', (token) => {
  expect(() => read(token)).toThrow(OptionsError);
});
