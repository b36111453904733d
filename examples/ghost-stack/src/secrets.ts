import { databasePasswords, databaseUsers } from './database-users.ts';
import type { KeptSecret } from './kept-secret.ts';

/** What the stack makes for itself at its first start: passwords and tokens between its own services. */
export const GENERATED = [
  'analytics_admin_token',
  'analytics_sync_key',
  'analytics_tracker_token',
  'db_backup_password',
  'db_metrics_password',
  'db_password',
  'db_root_password',
  'ghost_webhook_secret',
  'mail_api_key',
  'redis_password',
  'stripe_page_password',
  'unset_stripe_secret',
] as const;

/** What is secret between the stack's own services. */
export interface Generated extends Record<(typeof GENERATED)[number], KeptSecret> {
  /** The certificate of the database and its key, in PEM, as `database-certificate.sh` makes them. */
  databasePair: { certificate: string; key: string };
}

/** How a service reaches a vendor, real or stand-in. */
export interface Vendors {
  /** Cloudinary's own variable of the name: key, secret, cloud and, for the stand-in, where it is. */
  cloudinaryUrl: string;
  resend: { apiKey: string; webhookSecret: string; baseUrl: string };
  /** Undefined without Stripe: the inbox then refuses every event. */
  stripe: { webhookSecret: string; wiring: Record<string, string> } | undefined;
}

/** What the stand-ins say of themselves at their console's `/vendors`. */
export type SandboxAccess = Record<'cloudinary' | 'resend' | 'stripe', Record<string, string>>;

/** The sandbox in the stack; its stand-ins have the ports after the console's. */
const SANDBOX = 'sandbox';
const RESEND_PORT = 4102;
const STRIPE_PORT = 4103;

/**
 * Finds each vendor: the real one when its keys are in `.env`, otherwise its stand-in when this start has the
 * sandbox. The problems name every variable that is missing or half given; with any, the vendors are of no use.
 */
export function findVendors(
  env: Record<string, string | undefined>,
  { domain, sandbox }: { domain: string; sandbox: SandboxAccess | undefined },
): { vendors: Vendors; problems: string[] } {
  const problems: string[] = [];
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  const missing = (name: string, meaning: string): string => {
    problems.push(`${name} is not set in .env: ${meaning}, or start with --profile sandbox.`);
    return '';
  };

  const cloudinaryUrl =
    given('CLOUDINARY_URL') ??
    (sandbox &&
      `${sandbox.cloudinary['cloudinaryUrl']}&secure_distribution=cloudinary.sandbox.${domain}`) ??
    missing('CLOUDINARY_URL', "copy it from Cloudinary's console");

  const apiKey = given('RESEND_API_KEY');
  const resend: Vendors['resend'] =
    apiKey || !sandbox
      ? {
          apiKey: apiKey ?? missing('RESEND_API_KEY', 'make one at https://resend.com/api-keys'),
          webhookSecret:
            given('RESEND_WEBHOOK_SECRET') ??
            missing(
              'RESEND_WEBHOOK_SECRET',
              `add https://${domain}/webhooks/resend at https://resend.com/webhooks and copy its secret`,
            ),
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
  return { vendors: { cloudinaryUrl, resend, stripe }, problems };
}

/** Files of one service and the user who reads them. */
export interface SecretFolder {
  uid: number;
  gid: number;
  files: Record<string, string>;
}

/** Names that Caddy's own authority certifies without being told: https://caddyserver.com/docs/automatic-https */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

/** What each service finds in its `/run/secrets`. */
export function secretFolders(
  vendors: Vendors,
  made: Generated,
  site: { domain: string; certificates: string; hasSandbox: boolean },
): Record<string, SecretFolder> {
  const { cloudinaryUrl, resend, stripe } = vendors;
  const hasOwnAuthority = site.certificates === 'local' || LOCAL_NAME.test(site.domain);
  const edgeCaUrl = hasOwnAuthority ? 'http://caddy:2020/ca.pem' : '';
  const node = { uid: 1000, gid: 1000 };
  const passwords = {
    ghost: made.db_password,
    backup: made.db_backup_password,
    metrics: made.db_metrics_password,
  };
  return {
    ghost: {
      ...node,
      files: {
        db_password: made.db_password.value,
        'db_certificate.pem': made.databasePair.certificate,
        redis_password: made.redis_password.value,
        mail_api_key: made.mail_api_key.value,
        analytics_admin_token: made.analytics_admin_token.value,
        analytics_sync_key: made.analytics_sync_key.value,
        cloudinary_url: cloudinaryUrl,
        'ghost.env': linesOf({
          WEBHOOK_SECRET: made.ghost_webhook_secret.value,
          ...stripe?.wiring,
        }),
        edge_ca_url: edgeCaUrl,
      },
    },
    db: {
      uid: 999,
      gid: 999,
      files: {
        db_backup_password: made.db_backup_password.value,
        db_metrics_password: made.db_metrics_password.value,
        db_password: made.db_password.value,
        db_root_password: made.db_root_password.value,
        'db_certificate.pem': made.databasePair.certificate,
        'db_key.pem': made.databasePair.key,
        'users.sql': databaseUsers(passwords),
        'passwords.sql': databasePasswords(passwords, made.db_root_password),
      },
    },
    redis: {
      uid: 999,
      gid: 1000,
      files: {
        'redis.conf': `requirepass ${made.redis_password.value}\n`,
        passwords: `ACL SETUSER default resetpass ${takenOf(made.redis_password, '>').join(' ')}\n`,
      },
    },
    mail: {
      ...node,
      files: {
        mail_api_key: takenOf(made.mail_api_key).join(),
        resend_api_key: resend.apiKey,
        resend_base_url: resend.baseUrl,
        resend_webhook_secret: resend.webhookSecret,
      },
    },
    webhooks: {
      ...node,
      files: {
        ghost_webhook_secret: takenOf(made.ghost_webhook_secret).join(),
        stripe_page_password: made.stripe_page_password.value,
        stripe_webhook_secret: stripe?.webhookSecret ?? made.unset_stripe_secret.value,
      },
    },
    analytics: {
      ...node,
      files: {
        analytics_admin_token: made.analytics_admin_token.value,
        analytics_sync_key: takenOf(made.analytics_sync_key).join(),
        analytics_tracker_token: made.analytics_tracker_token.value,
        edge_ca_url: edgeCaUrl,
      },
    },
    engine: {
      ...node,
      files: {
        analytics_admin_token: takenOf(made.analytics_admin_token).join(),
        analytics_tracker_token: takenOf(made.analytics_tracker_token).join(),
      },
    },
    caddy: {
      ...node,
      files: { 'sites.caddy': site.hasSandbox ? 'import /etc/caddy/stack/sandbox.caddy\n' : '' },
    },
  };
}

/** What whoever is called takes: two while it changes. */
const takenOf = ({ value, other }: KeptSecret, before = ''): string[] =>
  [value, ...(other ? [other.value] : [])].map((text) => before + text);

function linesOf(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}
