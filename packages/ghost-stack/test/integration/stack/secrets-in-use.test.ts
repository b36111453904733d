import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noteSecrets, servicesWithOldSecrets } from '../../../src/stack/secrets-in-use.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

/** The services to make anew when `.env` changes from one text to another. */
function afterChange(from: string, to: string): string[] {
  const dir = stackFolder(from);
  noteSecrets(dir, {});
  writeFileSync(join(dir, '.env'), to);
  return servicesWithOldSecrets(dir, {});
}

test.each([
  ['privacy__useUpdateCheck=false\n', ['ghost']],
  ['MAILGUN_API_KEY=key\n', ['ghost']],
  ['TINYBIRD_ADMIN_TOKEN=p.1\n', ['ghost', 'analytics']],
  ['STRIPE_WEBHOOK_SECRET=whsec_1\n', ['webhooks']],
  ['TIMEZONE=Europe/Berlin\n', []],
])('%j is new to %j', (line, services) => {
  expect(afterChange('DOMAIN=a.example.com\n', `DOMAIN=a.example.com\n${line}`)).toEqual(services);
  expect(afterChange(line, line)).toEqual([]);
});

test('without the inbox it is Ghost that reads the endpoint’s secret', () => {
  const before = 'PAYMENTS=off\n';
  expect(afterChange(before, `${before}STRIPE_WEBHOOK_SECRET=whsec_1\n`)).toContain('ghost');
});

test('an option that is taken out of .env is news too', () => {
  expect(afterChange('mail__from=me@example.com\n', '')).toEqual(['ghost']);
});

test('a stack that the command never started has read what there is without a .env', () => {
  expect(servicesWithOldSecrets(stackFolder(''), {})).toEqual([]);
});
