import { describe, expect, test } from 'vitest';
import type { KeptSecret } from '../src/kept-secret.ts';
import {
  findVendors,
  GENERATED,
  type Generated,
  type SandboxAccess,
  secretFolders,
} from '../src/secrets.ts';

const domain = 'blog.example.com';
const KEYS = {
  CLOUDINARY_URL: 'cloudinary://1:secret@cloud',
  RESEND_API_KEY: 're_1',
  RESEND_WEBHOOK_SECRET: 'whsec_1',
};
const sandbox: SandboxAccess = {
  cloudinary: {
    cloudinaryUrl:
      'cloudinary://2:stand-in@prosora?upload_prefix=https://cloudinary.sandbox.blog.example.com',
  },
  resend: { apiKey: 're_stand_in', webhookSecret: 'whsec_stand_in' },
  stripe: { webhookSecret: 'whsec_stripe_stand_in' },
};
const made: Generated = {
  ...(Object.fromEntries(
    GENERATED.map((name): [string, KeptSecret] => [name, { value: `made-${name}` }]),
  ) as Record<(typeof GENERATED)[number], KeptSecret>),
  databasePair: { certificate: 'made-certificate', key: 'made-key' },
};

function vendorsOf(env: Record<string, string>, standIns: SandboxAccess | undefined) {
  const { vendors, problems } = findVendors(env, { domain, sandbox: standIns });
  expect(problems).toEqual([]);
  return vendors;
}

describe('findVendors', () => {
  test('takes the real vendors when their keys are there, even beside the sandbox', () => {
    for (const standIns of [undefined, sandbox]) {
      const { cloudinaryUrl, resend } = vendorsOf(KEYS, standIns);
      expect(cloudinaryUrl).toBe(KEYS.CLOUDINARY_URL);
      expect(resend).toEqual({ apiKey: 're_1', webhookSecret: 'whsec_1', baseUrl: '' });
    }
  });

  test('takes the stand-ins for all that has no key', () => {
    const vendors = vendorsOf({ RESEND_API_KEY: '  ' }, sandbox);
    expect(vendors.cloudinaryUrl).toBe(
      `${sandbox.cloudinary['cloudinaryUrl']}&secure_distribution=cloudinary.sandbox.blog.example.com`,
    );
    expect(vendors.resend).toEqual({
      apiKey: 're_stand_in',
      webhookSecret: 'whsec_stand_in',
      baseUrl: 'http://sandbox:4102',
    });
    expect(vendors.stripe?.wiring).toMatchObject({ STRIPE_API_HOST: 'sandbox' });
  });

  test('names every key that is missing, with where to get it', () => {
    const { problems } = findVendors({}, { domain, sandbox: undefined });
    expect(problems).toEqual(
      Object.keys(KEYS).map((name) => expect.stringContaining(`${name} is not set in .env`)),
    );
    expect(problems.at(-1)).toContain('https://blog.example.com/webhooks/resend');
  });

  test('refuses a key of Resend without the secret of its webhook, sandbox or not', () => {
    const half = { ...KEYS, RESEND_WEBHOOK_SECRET: '' };
    expect(findVendors(half, { domain, sandbox }).problems).toEqual([
      expect.stringContaining('RESEND_WEBHOOK_SECRET'),
    ]);
  });
});

describe('secretFolders', () => {
  const site = { domain, certificates: 'public', hasSandbox: false };

  test('without Stripe the inbox gets a secret that nobody knows', () => {
    const vendors = vendorsOf(KEYS, undefined);
    const { webhooks, caddy } = secretFolders(vendors, made, site);
    expect(webhooks?.files['stripe_webhook_secret']).toBe('made-unset_stripe_secret');
    expect(caddy?.files).toEqual({ 'sites.caddy': '' });
  });

  test('who asks the site asks the edge for its certificate only where no public authority gives one', () => {
    const vendors = vendorsOf(KEYS, undefined);
    const urlsOf = (changes: Partial<typeof site>) => {
      const { ghost, analytics } = secretFolders(vendors, made, { ...site, ...changes });
      return [ghost, analytics].map((folder) => folder?.files['edge_ca_url']);
    };
    const url = 'http://caddy:2020/ca.pem';
    expect(urlsOf({})).toEqual(['', '']);
    expect(urlsOf({ certificates: 'local' })).toEqual([url, url]);
    expect(urlsOf({ domain: 'ghost.localhost' })).toEqual([url, url]);
  });

  test('no service holds a secret of another that it does not talk to', () => {
    const folders = secretFolders(vendorsOf({}, sandbox), made, site);
    const holders = (secret: string) =>
      Object.entries(folders)
        .filter(([, { files }]) => Object.values(files).some((text) => text.includes(secret)))
        .map(([service]) => service)
        .sort();
    expect(holders('made-db_password')).toEqual(['db', 'ghost']);
    for (const name of ['db_root_password', 'db_backup_password', 'db_metrics_password', 'key']) {
      expect(holders(`made-${name}`)).toEqual(['db']);
    }
    expect(holders('made-certificate')).toEqual(['db', 'ghost']);
    expect(holders('made-redis_password')).toEqual(['ghost', 'redis']);
    expect(holders('made-mail_api_key')).toEqual(['ghost', 'mail']);
    expect(holders('made-pages_token')).toEqual(['ghost', 'pages']);
    expect(holders('made-ghost_webhook_secret')).toEqual(['ghost', 'webhooks']);
    expect(holders('made-analytics_admin_token')).toEqual(['analytics', 'engine', 'ghost']);
    expect(holders('made-analytics_sync_key')).toEqual(['analytics', 'ghost']);
    expect(holders('made-analytics_tracker_token')).toEqual(['analytics', 'engine']);
  });

  test('while a secret changes, whoever is called takes both and whoever calls shows one', () => {
    const next = { value: 'the-next', is: 'next' } as const;
    const folders = secretFolders(
      vendorsOf({}, sandbox),
      { ...made, mail_api_key: { value: 'the-first', other: next } },
      site,
    );
    expect(folders['ghost']?.files['mail_api_key']).toBe('the-first');
    expect(folders['mail']?.files['mail_api_key']).toBe('the-first,the-next');
  });
});
