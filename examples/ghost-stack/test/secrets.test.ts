import { expect, test } from 'vitest';
import type { KeptSecret } from '../src/kept-secret.ts';
import { GENERATED, type Generated, type Parts, secretFolders } from '../src/secrets.ts';
import type { Vendors } from '../src/vendors.ts';
import { DEFAULT_CHOICES } from './default-choices.ts';

const VENDORS: Vendors = {
  cloudinaryUrl: 'cloudinary://1:secret@cloud',
  s3: undefined,
  resend: { apiKey: 're_1', webhookSecret: 'whsec_1', baseUrl: '' },
  mailgun: undefined,
  tinybird: undefined,
  stripe: undefined,
  cloudflare: undefined,
};
const made: Generated = {
  ...(Object.fromEntries(
    GENERATED.map((name): [string, KeptSecret] => [name, { value: `made-${name}` }]),
  ) as Record<(typeof GENERATED)[number], KeptSecret>),
  databasePair: { certificate: 'made-certificate', key: 'made-key' },
};

const foldersOf = (changes: Partial<Parts> = {}) =>
  secretFolders({
    vendors: VENDORS,
    made,
    hasOwnAuthority: false,
    hasSandbox: false,
    choices: DEFAULT_CHOICES,
    database: undefined,
    redis: undefined,
    ghostOptions: {},
    ...changes,
  });

test('without Stripe the inbox gets a secret that nobody knows', () => {
  expect(foldersOf()['webhooks']?.files['stripe_webhook_secret']).toBe('made-unset_stripe_secret');
});

test('the edge is told of the sandbox, of the other name and of the social web’s server', () => {
  expect(foldersOf()['caddy']?.files).toEqual({ 'sites.caddy': '', 'social.caddy': '' });
  const choices = {
    ...DEFAULT_CHOICES,
    otherName: 'www.example.com',
    social: 'https://ap.example.com',
  };
  expect(foldersOf({ hasSandbox: true, choices })['caddy']?.files).toEqual({
    'sites.caddy':
      'import /etc/caddy/sandbox.caddy\nwww.example.com {\n\timport leads_to_the_site\n}\n',
    'social.caddy': 'import /etc/caddy/social/server.caddy https://ap.example.com\n',
  });
});

test('who asks the site asks the edge for its certificate only where no public authority gives one', () => {
  const urlsOf = (hasOwnAuthority: boolean) => {
    const { ghost, analytics } = foldersOf({ hasOwnAuthority });
    return [ghost, analytics].map((folder) => folder?.files['edge_ca_url']);
  };
  const url = 'http://caddy:2020/ca.pem';
  expect([urlsOf(false), urlsOf(true)]).toEqual([
    ['', ''],
    [url, url],
  ]);
});

test('no service holds a secret of another that it does not talk to', () => {
  const folders = foldersOf();
  const holders = (secret: string) =>
    Object.entries(folders)
      .filter(([, { files }]) => Object.values(files).some((text) => text.includes(secret)))
      .map(([service]) => service)
      .sort();
  expect(holders('made-db_password')).toEqual(['db', 'ghost']);
  for (const name of ['db_root_password', 'db_backup_password', 'key']) {
    expect(holders(`made-${name}`)).toEqual(['db']);
  }
  expect(holders('made-db_metrics_password')).toEqual(['db', 'db-metrics']);
  expect(holders('made-certificate')).toEqual(['db', 'db-metrics', 'ghost']);
  expect(holders('made-alerts_token')).toEqual(['alerts', 'ops']);
  expect(holders('made-redis_password')).toEqual(['ghost', 'redis']);
  expect(holders('made-mail_api_key')).toEqual(['ghost', 'mail']);
  // What purges Cloudflare empties the memory of pages first.
  expect(holders('made-pages_token')).toEqual(['cdn', 'ghost', 'pages']);
  expect(holders('made-ghost_webhook_secret')).toEqual(['ghost', 'webhooks']);
  expect(holders('made-analytics_admin_token')).toEqual(['analytics', 'engine', 'ghost']);
  expect(holders('made-analytics_sync_key')).toEqual(['analytics', 'ghost']);
  expect(holders('made-analytics_tracker_token')).toEqual(['analytics', 'engine']);
});

const CALLED = ['mail', 'webhooks', 'analytics', 'engine', 'cdn', 'ops'];

test('what opens a service to its operator has that service, and the console where both are chosen', () => {
  const choices = { ...DEFAULT_CHOICES, hasPurge: true };
  const folders = foldersOf({ choices });
  for (const service of CALLED) {
    const token = `made-${service}_operator_token`;
    const holders = Object.entries(folders).filter(([, { files }]) =>
      Object.values(files).some((text) => text.includes(token)),
    );
    expect(holders.map(([name]) => name).sort()).toEqual(['console', service].sort());
  }
});

test('the console knows the parts that were chosen, and is told of no other', () => {
  const filesOf = (changes: Partial<Parts['choices']>) =>
    foldersOf({ choices: { ...DEFAULT_CHOICES, ...changes } })['console']?.files;
  expect(filesOf({})).toMatchObject({
    payments_url: 'http://webhooks.watch:4301',
    payments_token: 'made-webhooks_operator_token',
    ops_url: 'http://ops.watch:4501',
    // Nobody purges.
    cdn_url: '',
    cdn_token: '',
  });
  const none = { mailer: 'mailgun', analytics: 'off', hasInbox: false, hasOps: false };
  expect(new Set(Object.values(filesOf(none) ?? {}))).toEqual(new Set(['']));
});

test('of what was not chosen there is no key in Ghost, and of what was there is', () => {
  const keys = (changes: Partial<Parts>) => Object.keys(foldersOf(changes)['ghost']?.files ?? {});
  expect(keys({})).toEqual(expect.arrayContaining(['cloudinary_url', 'mail_api_key']));
  const vendors: Vendors = {
    ...VENDORS,
    cloudinaryUrl: undefined,
    s3: { accessKeyId: 'key', secretAccessKey: 'secret' },
    resend: undefined,
    mailgun: { apiKey: 'mailgun' },
  };
  const chosen = keys({ vendors });
  expect(chosen).toEqual(
    expect.arrayContaining(['s3_access_key_id', 's3_secret_access_key', 'mailgun_api_key']),
  );
  expect(chosen).not.toContain('cloudinary_url');
  expect(chosen).not.toContain('mail_api_key');
});

test('with Tinybird its tokens take the place of the engine’s', () => {
  const vendors = { ...VENDORS, tinybird: { adminToken: 'p.admin', trackerToken: 'p.tracker' } };
  const { ghost, analytics } = foldersOf({ vendors });
  expect(ghost?.files['analytics_admin_token']).toBe('p.admin');
  expect(analytics?.files).toMatchObject({
    analytics_admin_token: 'p.admin',
    analytics_tracker_token: 'p.tracker',
  });
});

test('a database elsewhere brings its own password and authority', () => {
  const database = { options: {}, password: 'theirs', ca: 'PEM' };
  expect(foldersOf({ database })['ghost']?.files).toMatchObject({
    db_password: 'theirs',
    'database_ca.pem': 'PEM',
  });
});

test('while a secret changes, whoever is called takes both and whoever calls shows one', () => {
  const next = { value: 'the-next', is: 'next' } as const;
  const folders = foldersOf({
    made: {
      ...made,
      alerts_token: { value: 'the-first', other: next },
      mail_api_key: { value: 'the-first', other: next },
    },
  });
  expect(folders['ghost']?.files['mail_api_key']).toBe('the-first');
  expect(folders['mail']?.files['mail_api_key']).toBe('the-first,the-next');
  expect(folders['alerts']?.files['alerts_token']).toBe('the-first');
  expect(folders['ops']?.files['alerts_token']).toBe('the-first,the-next');
});
