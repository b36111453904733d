import { expect, test } from 'vitest';
import { profilesOf } from '../../src/ops/home.ts';

test.each([
  [['caddy', 'ghost', 'ops'], ''],
  [['ghost', 'sandbox'], 'sandbox'],
  [['ghost', 'metrics', 'rules'], 'watch'],
  [['metrics', 'sandbox'], 'sandbox,watch'],
])('beside %j the command goes on with the profiles “%s”', (services, profiles) => {
  expect(profilesOf(services)).toBe(profiles);
});
