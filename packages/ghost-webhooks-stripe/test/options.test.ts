import { readOptions } from '@prosora/service/options';
import { expect, test } from 'vitest';
import { stripeOptions } from '../src/options.ts';

const env = {
  STRIPE_WEBHOOK_SECRET: 'whsec_new_of_the_tests, whsec_old_of_the_tests',
  PROSORA_STRIPE_GHOST_URL: 'http://ghost:2368',
  PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: 'hop-secret-of-ghost',
};

test('three variables are enough, and secrets are lists', () => {
  const values = readOptions(stripeOptions, env);
  expect(values.secrets).toEqual(['whsec_new_of_the_tests', 'whsec_old_of_the_tests']);
  expect(values.ghostSecrets).toEqual(['hop-secret-of-ghost']);
  expect(values).toMatchObject({ port: 4300, livemode: 'any', ambiguous: 'hold' });
});

test('a blank secret in the list is refused, and not shown', () => {
  expect(() =>
    readOptions(stripeOptions, { ...env, STRIPE_WEBHOOK_SECRET: 'whsec_abcdef_of_the_tests,' }),
  ).toThrow(/STRIPE_WEBHOOK_SECRET: its value is not accepted \(holds a secret that is blank/);
});

test.each([
  ['STRIPE_WEBHOOK_SECRET', 'whsec_='],
  ['STRIPE_WEBHOOK_SECRET', `whsec_${'='.repeat(32)}`],
  ['STRIPE_WEBHOOK_SECRET', 'whsec_new_of_the_tests,whsec_'],
  ['PROSORA_STRIPE_GHOST_WEBHOOK_SECRET', 'letmein'],
])('a secret that can be guessed is refused by name and not shown: %s', (name, secret) => {
  const refused = () => readOptions(stripeOptions, { ...env, [name]: secret });
  expect(refused).toThrow(`${name}: its value is not accepted`);
  expect(refused).not.toThrow(secret);
});

test('an address of Ghost that is no http URL is refused', () => {
  const wrong = { ...env, PROSORA_STRIPE_GHOST_URL: 'ghost:2368' };
  expect(() => readOptions(stripeOptions, wrong)).toThrow(/PROSORA_STRIPE_GHOST_URL/);
});
