import type { Choices } from './choices.ts';

/** How a service reaches a vendor, real or stand-in; undefined for one that was not chosen. */
export interface Vendors {
  /** Cloudinary's own variable of the name: key, secret, cloud and, for the stand-in, where it is. */
  cloudinaryUrl: string | undefined;
  s3: { accessKeyId: string; secretAccessKey: string } | undefined;
  resend: { apiKey: string; webhookSecret: string; baseUrl: string } | undefined;
  mailgun: { apiKey: string } | undefined;
  tinybird: { adminToken: string; trackerToken: string } | undefined;
  /** Undefined without Stripe: the inbox then refuses every event. */
  stripe: { webhookSecret: string; wiring: Record<string, string> } | undefined;
  cloudflare: { token: string; apiUrl: string } | undefined;
}

/** What the stand-ins say of themselves at their console's `/vendors`. */
export type SandboxAccess = Record<
  'cloudinary' | 'resend' | 'stripe' | 'cloudflare',
  Record<string, string>
>;

/** The sandbox in the stack; its stand-ins have the ports after the console's. */
const SANDBOX = 'sandbox';
const RESEND_PORT = 4102;
const STRIPE_PORT = 4103;
const CLOUDFLARE_PORT = 4105;

/**
 * Finds each vendor that was chosen: the real one when its keys are in `.env`, otherwise its stand-in when there is one
 * and this start has the sandbox. The problems name every variable that is missing or half given; with any, the vendors
 * are of no use.
 */
export function findVendors(
  env: Record<string, string | undefined>,
  {
    domain,
    sandbox,
    cdn,
    choices: { media, mailer, analytics },
  }: { domain: string; sandbox: SandboxAccess | undefined; cdn: string; choices: Choices },
): { vendors: Vendors; problems: string[] } {
  const problems: string[] = [];
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  const needed = (name: string, meaning: string): string => {
    const value = given(name);
    if (value === undefined) problems.push(`${name} is not set in .env: ${meaning}.`);
    return value ?? '';
  };
  const orSandbox = ', or start with --profile sandbox';

  const cloudinaryUrl =
    given('CLOUDINARY_URL') ??
    (sandbox
      ? `${sandbox.cloudinary['cloudinaryUrl']}&secure_distribution=cloudinary.sandbox.${domain}`
      : undefined);
  const s3 = () => {
    needed('S3_BUCKET', 'the name of the bucket');
    needed('S3_PUBLIC_URL', 'where readers find what is in the bucket');
    return {
      accessKeyId: needed('S3_ACCESS_KEY_ID', 'a key that may write to the bucket'),
      secretAccessKey: needed('S3_SECRET_ACCESS_KEY', 'the secret of that key'),
    };
  };
  const tinybird = () => {
    needed('TINYBIRD_HOST', "the API's address in the region of your workspace");
    needed('TINYBIRD_WORKSPACE_ID', 'the id of your workspace');
    return {
      adminToken: needed('TINYBIRD_ADMIN_TOKEN', 'the workspace admin token'),
      trackerToken: needed(
        'TINYBIRD_TRACKER_TOKEN',
        'the token that may append to analytics_events',
      ),
    };
  };
  const webhookMeaning = `add https://${domain}/webhooks/resend at https://resend.com/webhooks and copy its secret`;
  const resend = () =>
    given('RESEND_API_KEY') || !sandbox
      ? {
          apiKey: needed('RESEND_API_KEY', `make one at https://resend.com/api-keys${orSandbox}`),
          webhookSecret: needed('RESEND_WEBHOOK_SECRET', `${webhookMeaning}${orSandbox}`),
          baseUrl: '',
        }
      : {
          apiKey: sandbox.resend['apiKey'] ?? '',
          // That of the stand-in's own webhook, and that of one which was made there like a real one.
          webhookSecret: [sandbox.resend['webhookSecret'], given('RESEND_WEBHOOK_SECRET')]
            .filter(Boolean)
            .join(','),
          baseUrl: `http://${SANDBOX}:${RESEND_PORT}`,
        };

  const cloudflare = () =>
    given('CLOUDFLARE_API_TOKEN') || !sandbox
      ? {
          token: needed(
            'CLOUDFLARE_API_TOKEN',
            `make one at https://dash.cloudflare.com/profile/api-tokens${orSandbox}`,
          ),
          apiUrl: '',
        }
      : {
          token: sandbox.cloudflare['token'] ?? '',
          apiUrl: `http://${SANDBOX}:${CLOUDFLARE_PORT}/client/v4`,
        };

  const stripeSecret = given('STRIPE_WEBHOOK_SECRET');
  let stripe: Vendors['stripe'];
  if (stripeSecret) stripe = { webhookSecret: stripeSecret, wiring: {} };
  else if (sandbox) {
    stripe = {
      webhookSecret: sandbox.stripe['webhookSecret'] ?? '',
      wiring: {
        STRIPE_API_PROTOCOL: 'http',
        STRIPE_API_HOST: SANDBOX,
        STRIPE_API_PORT: String(STRIPE_PORT),
      },
    };
  }
  const vendors: Vendors = {
    cloudinaryUrl:
      media === 'cloudinary'
        ? (cloudinaryUrl ??
          needed('CLOUDINARY_URL', `copy it from Cloudinary's console${orSandbox}`))
        : undefined,
    s3: media === 's3' ? s3() : undefined,
    resend: mailer === 'resend' ? resend() : undefined,
    mailgun:
      mailer === 'mailgun'
        ? {
            apiKey: needed(
              'MAILGUN_API_KEY',
              'a sending key of the domain, or that of the account',
            ),
          }
        : undefined,
    tinybird: analytics === 'tinybird' ? tinybird() : undefined,
    stripe,
    cloudflare: cdn === 'cloudflare' ? cloudflare() : undefined,
  };
  return { vendors, problems };
}
