import { expect, test } from 'vitest';
import type { Choices } from '../src/choices.ts';
import { findVendors, type SandboxAccess } from '../src/vendors.ts';
import { DEFAULT_CHOICES } from './default-choices.ts';

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
  cloudflare: { token: 'stand_in_token' },
};

const find = (
  env: Record<string, string>,
  standIns: SandboxAccess | undefined,
  { cdn = 'none', ...choices }: Partial<Choices & { cdn: string }> = {},
) =>
  findVendors(env, {
    domain,
    sandbox: standIns,
    cdn,
    choices: { ...DEFAULT_CHOICES, ...choices },
  });

function vendorsOf(...question: Parameters<typeof find>) {
  const { vendors, problems } = find(...question);
  expect(problems).toEqual([]);
  return vendors;
}

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
  const { problems } = find({}, undefined);
  expect(problems).toEqual(
    Object.keys(KEYS).map((name) => expect.stringContaining(`${name} is not set in .env`)),
  );
  expect(problems.at(-1)).toContain('https://blog.example.com/webhooks/resend');
});

test('refuses a key of Resend without the secret of its webhook, sandbox or not', () => {
  const half = { ...KEYS, RESEND_WEBHOOK_SECRET: '' };
  expect(find(half, sandbox).problems).toEqual([expect.stringContaining('RESEND_WEBHOOK_SECRET')]);
});

test.each([
  ['media', 's3', ['S3_BUCKET', 'S3_PUBLIC_URL', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']],
  ['mailer', 'mailgun', ['MAILGUN_API_KEY']],
  [
    'analytics',
    'tinybird',
    ['TINYBIRD_HOST', 'TINYBIRD_WORKSPACE_ID', 'TINYBIRD_ADMIN_TOKEN', 'TINYBIRD_TRACKER_TOKEN'],
  ],
])(
  'names each key that %s %s needs, even beside the sandbox, which has none',
  (name, value, keys) => {
    const { problems } = find({}, sandbox, { [name]: value });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(keys);
  },
);

test('Cloudflare is asked with the token that is given, else at its stand-in, and only where it stands in front', () => {
  const cdn = 'cloudflare';
  const real = { ...KEYS, CLOUDFLARE_API_TOKEN: 'token' };
  expect(vendorsOf(real, sandbox, { cdn }).cloudflare).toEqual({ token: 'token', apiUrl: '' });
  expect(vendorsOf(KEYS, sandbox, { cdn }).cloudflare).toEqual({
    token: 'stand_in_token',
    apiUrl: 'http://sandbox:4105/client/v4',
  });
  expect(vendorsOf(real, sandbox, { cdn: 'proxy' }).cloudflare).toBeUndefined();
  expect(find(KEYS, undefined, { cdn }).problems).toEqual([
    expect.stringContaining('CLOUDFLARE_API_TOKEN is not set in .env'),
  ]);
});

test('what is not chosen needs no key', () => {
  const vendors = vendorsOf({ MAILGUN_API_KEY: 'key' }, undefined, {
    media: 'local',
    mailer: 'mailgun',
    analytics: 'off',
  });
  expect(vendors).toEqual({ mailgun: { apiKey: 'key' } });
});
