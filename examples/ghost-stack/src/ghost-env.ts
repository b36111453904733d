import type { Choices } from './choices.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Vendors } from './vendors.ts';

/** What Ghost's environment is made from. */
export interface ForGhost {
  vendors: Pick<Vendors, 'stripe'>;
  /** With which the inbox signs. */
  webhookSecret: string;
  choices: Pick<Choices, 'hasInbox' | 'social'>;
  database: Elsewhere | undefined;
  redis: Elsewhere | undefined;
  /** What `.env` says to Ghost itself. */
  ghostOptions: Record<string, string>;
}

/**
 * What `start.sh` reads into Ghost's environment before it starts: `WEBHOOK_SECRET`, which Ghost reads from there alone,
 * what follows from the choices, and at last what `.env` says to Ghost itself.
 */
export function ghostEnv(parts: ForGhost): string {
  const { vendors, choices, database, redis, ghostOptions } = parts;
  const { stripe } = vendors;
  // Without the inbox Ghost makes an endpoint at Stripe itself, unless somebody made one and names its secret.
  const webhookSecret = choices.hasInbox ? parts.webhookSecret : stripe?.webhookSecret;
  const dropped = [
    ...(database && !database.ca ? ['database__connection__ssl__ca_FILE'] : []),
    // Another transport would take these for its own.
    ...('mail__transport' in ghostOptions ? MAILGUN_TRANSPORT : []),
    // Ghost does not start with an option that is given both as itself and as a file.
    ...Object.keys(ghostOptions).map((name) => `${name}_FILE`),
  ];
  const variables = {
    ...(webhookSecret && { WEBHOOK_SECRET: webhookSecret }),
    ...stripe?.wiring,
    // Without a server Ghost and its Admin would ask for one in vain.
    ...(choices.social === '' && { hostSettings__limits__limitSocialWeb__disabled: 'true' }),
    ...database?.options,
    ...redis?.options,
    ...ghostOptions,
  };
  return [
    ...dropped.map((name) => `unset ${name}\n`),
    ...Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}\n`),
  ].join('');
}

/** The options of `mail` in `choices/mail` that go with the transport there. */
const MAILGUN_TRANSPORT = [
  'mail__options__url',
  'mail__options__auth__domain',
  'mail__options__auth__api_key_FILE',
];

/** For a shell, which reads nothing into what stands within apostrophes. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
