import { expect, test } from 'vitest';
import { type ForGhost, ghostEnv } from '../src/ghost-env.ts';

const envOf = (changes: Partial<ForGhost> = {}) =>
  ghostEnv({
    vendors: { stripe: undefined },
    webhookSecret: 'inbox',
    choices: { hasInbox: true, social: 'https://ap.ghost.org' },
    database: undefined,
    redis: undefined,
    ghostOptions: {},
    ...changes,
  });

test('Ghost has the secret of the inbox', () => {
  expect(envOf()).toBe("WEBHOOK_SECRET='inbox'\n");
});

test('without the inbox Ghost believes the endpoint that somebody made, or makes its own', () => {
  const choices = { hasInbox: false, social: 'https://ap.ghost.org' };
  expect(envOf({ choices })).toBe('');
  const stripe = { webhookSecret: 'whsec_theirs', wiring: {} };
  expect(envOf({ choices, vendors: { stripe } })).toBe("WEBHOOK_SECRET='whsec_theirs'\n");
});

test('without a server the social web is off', () => {
  const off = "hostSettings__limits__limitSocialWeb__disabled='true'\n";
  expect(envOf({ choices: { hasInbox: true, social: '' } })).toContain(off);
});

test('what .env says to Ghost comes last, and no shell reads anything into it', () => {
  const options = { privacy__useUpdateCheck: 'false', portal__url: `$(id) it's "\n` };
  expect(envOf({ ghostOptions: options })).toMatch(
    /WEBHOOK_SECRET='inbox'\nprivacy__useUpdateCheck='false'\nportal__url='\$\(id\) it'\\''s "\n'\n$/,
  );
});

test('an option takes the place of a file that the stack has for it', () => {
  const env = envOf({ ghostOptions: { mail__options__auth__api_key: 'mine' } });
  expect(env).toMatch(/^unset mail__options__auth__api_key_FILE\n/);
});

test('another transport of mail finds none of the options of the former', () => {
  expect(envOf({ ghostOptions: { mail__transport: 'SMTP' } })).toMatch(
    /^unset mail__options__url\nunset mail__options__auth__domain\nunset mail__options__auth__api_key_FILE\n/,
  );
});

test('a database with a certificate of a public authority is not measured by the stack’s', () => {
  const database = { options: { database__connection__host: 'db' }, password: '', ca: undefined };
  expect(envOf({ database })).toMatch(/^unset database__connection__ssl__ca_FILE\n/);
  expect(envOf({ database: { ...database, ca: 'PEM' } })).not.toContain('unset');
});
