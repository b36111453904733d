import type { Choices } from './choices.ts';
import { databasePasswords, databaseUsers } from './database-users.ts';
import { type ForGhost, ghostEnv } from './ghost-env.ts';
import type { KeptSecret } from './kept-secret.ts';
import { consoleFiles } from './operated.ts';
import type { Vendors } from './vendors.ts';

/** What the stack makes for itself at its first start: passwords and tokens between its own services. */
export const GENERATED = [
  'alerts_token',
  'analytics_admin_token',
  'analytics_operator_token',
  'analytics_sync_key',
  'analytics_tracker_token',
  'cdn_operator_token',
  'cdn_webhook_secret',
  'db_backup_password',
  'db_metrics_password',
  'db_password',
  'db_root_password',
  'engine_operator_token',
  'ghost_webhook_secret',
  'mail_api_key',
  'mail_operator_token',
  'ops_operator_token',
  'pages_token',
  'redis_password',
  'stripe_page_password',
  'unset_stripe_secret',
  'webhooks_operator_token',
] as const;

/** What is secret between the stack's own services. */
export interface Generated extends Record<(typeof GENERATED)[number], KeptSecret> {
  /** The certificate of the database and its key, in PEM, as `database-certificate.sh` makes them. */
  databasePair: { certificate: string; key: string };
}

/** Files of one service and the user who reads them. */
export interface SecretFolder {
  uid: number;
  gid: number;
  files: Record<string, string>;
}

/** What the folders of secrets are made from. */
export interface Parts extends Omit<ForGhost, 'webhookSecret'> {
  vendors: Vendors;
  made: Generated;
  hasSandbox: boolean;
  /** Whether no public authority signs the edge's certificate. */
  hasOwnAuthority: boolean;
  choices: Choices;
}

/** What each service finds in its `/run/secrets`. */
export function secretFolders(parts: Parts): Record<string, SecretFolder> {
  const { vendors, made, hasSandbox, hasOwnAuthority, choices, database, redis } = parts;
  const { cloudinaryUrl, s3, resend, mailgun, tinybird, stripe, cloudflare } = vendors;
  const adminToken = tinybird?.adminToken ?? made.analytics_admin_token.value;
  const trackerToken = tinybird?.trackerToken ?? made.analytics_tracker_token.value;
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
        db_password: database?.password ?? made.db_password.value,
        'db_certificate.pem': made.databasePair.certificate,
        redis_password: redis?.password ?? made.redis_password.value,
        analytics_admin_token: adminToken,
        analytics_sync_key: made.analytics_sync_key.value,
        ...(database?.ca && { 'database_ca.pem': database.ca }),
        ...(redis?.ca && { 'redis_ca.pem': redis.ca }),
        ...(cloudinaryUrl && { cloudinary_url: cloudinaryUrl }),
        ...(s3 && { s3_access_key_id: s3.accessKeyId, s3_secret_access_key: s3.secretAccessKey }),
        ...(resend && { mail_api_key: made.mail_api_key.value }),
        ...(mailgun && { mailgun_api_key: mailgun.apiKey }),
        'ghost.env': ghostEnv({ ...parts, webhookSecret: made.ghost_webhook_secret.value }),
        pages_token: made.pages_token.value,
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
    'db-metrics': {
      ...node,
      files: {
        'my.cnf': metricsLogin(made.db_metrics_password.value),
        'db_certificate.pem': made.databasePair.certificate,
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
        operator_token: takenOf(made.mail_operator_token).join(),
        resend_api_key: resend?.apiKey ?? '',
        resend_base_url: resend?.baseUrl ?? '',
        resend_webhook_secret: resend?.webhookSecret ?? '',
      },
    },
    cdn: {
      ...node,
      files: {
        cloudflare_api_token: cloudflare?.token ?? '',
        cloudflare_api_url: cloudflare?.apiUrl ?? '',
        cdn_webhook_secret: made.cdn_webhook_secret.value,
        operator_token: takenOf(made.cdn_operator_token).join(),
        pages_token: made.pages_token.value,
      },
    },
    alerts: { ...node, files: { alerts_token: made.alerts_token.value } },
    console: { ...node, files: consoleFiles(made, choices) },
    ops: {
      ...{ uid: 0, gid: 0 },
      files: {
        alerts_token: takenOf(made.alerts_token).join(),
        operator_token: takenOf(made.ops_operator_token).join(),
      },
    },
    pages: { ...node, files: { pages_token: made.pages_token.value } },
    webhooks: {
      ...node,
      files: {
        ghost_webhook_secret: takenOf(made.ghost_webhook_secret).join(),
        operator_token: takenOf(made.webhooks_operator_token).join(),
        stripe_page_password: made.stripe_page_password.value,
        stripe_webhook_secret: stripe?.webhookSecret ?? made.unset_stripe_secret.value,
      },
    },
    analytics: {
      ...node,
      files: {
        analytics_admin_token: adminToken,
        analytics_sync_key: takenOf(made.analytics_sync_key).join(),
        analytics_tracker_token: trackerToken,
        edge_ca_url: edgeCaUrl,
        operator_token: takenOf(made.analytics_operator_token).join(),
      },
    },
    engine: {
      ...node,
      files: {
        analytics_admin_token: takenOf(made.analytics_admin_token).join(),
        analytics_tracker_token: takenOf(made.analytics_tracker_token).join(),
        operator_token: takenOf(made.engine_operator_token).join(),
      },
    },
    caddy: {
      ...node,
      files: {
        'sites.caddy': [
          hasSandbox ? 'import /etc/caddy/sandbox.caddy\n' : '',
          choices.otherName ? `${choices.otherName} {\n\timport leads_to_the_site\n}\n` : '',
        ].join(''),
        'social.caddy': choices.social
          ? `import /etc/caddy/social/server.caddy ${choices.social}\n`
          : '',
      },
    },
  };
}

/** As mysqld_exporter reads it: with an authority named, it connects by TLS or not at all. */
const metricsLogin = (password: string): string =>
  `[client]\nhost=db\nuser=metrics\npassword=${password}\nssl-ca=/run/secrets/db_certificate.pem\n`;

/** What whoever is called takes: two while it changes. */
const takenOf = ({ value, other }: KeptSecret, before = ''): string[] =>
  [value, ...(other ? [other.value] : [])].map((text) => before + text);
