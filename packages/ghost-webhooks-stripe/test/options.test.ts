import { readFileSync } from 'node:fs';
import { readOptions } from '@prosora/service/options';
import { expect, test } from 'vitest';
import { stripeOptions } from '../src/options.ts';

const env = {
  STRIPE_WEBHOOK_SECRET: 'whsec_new, whsec_old',
  PROSORA_STRIPE_GHOST_URL: 'http://ghost:2368',
  PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: 'hop-secret',
};

test('three variables are enough, and secrets are lists', () => {
  const values = readOptions(stripeOptions, env);
  expect(values.secrets).toEqual(['whsec_new', 'whsec_old']);
  expect(values.ghostSecrets).toEqual(['hop-secret']);
  expect(values).toMatchObject({ port: 4300, livemode: 'any', ambiguous: 'hold' });
});

test('a blank secret in the list is refused, and not shown', () => {
  expect(() =>
    readOptions(stripeOptions, { ...env, STRIPE_WEBHOOK_SECRET: 'whsec_abcdef,' }),
  ).toThrow(/STRIPE_WEBHOOK_SECRET: its value is not accepted \(custom\)/);
});

test('an address of Ghost that is no http URL is refused', () => {
  const wrong = { ...env, PROSORA_STRIPE_GHOST_URL: 'ghost:2368' };
  expect(() => readOptions(stripeOptions, wrong)).toThrow(/PROSORA_STRIPE_GHOST_URL/);
});

test('the README has every option, as the code describes it', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  for (const { env: name, description } of Object.values(stripeOptions)) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
    expect([name, row?.endsWith(`| ${description} |`)]).toEqual([name, true]);
  }
});
