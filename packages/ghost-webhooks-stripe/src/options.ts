import type { Options } from '@prosora/service/options';
import * as z from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/ });

/** One or more secrets, separated by commas. */
const secrets = z
  .string()
  .transform((text) => text.split(',').map((secret) => secret.trim()))
  .refine((list) => list.every((secret) => secret !== ''), 'holds a blank secret');

/** Every option of the `prosora-stripe` command. */
export const stripeOptions = {
  secrets: {
    env: 'STRIPE_WEBHOOK_SECRET',
    description:
      'The signing secret of the endpoint at Stripe; several separated by commas while it changes.',
    schema: secrets,
    secret: true,
    example: 'whsec_…',
  },
  ghostUrl: {
    env: 'PROSORA_STRIPE_GHOST_URL',
    description:
      'Where Ghost itself listens, past any proxy, with the path of a site in a subdirectory.',
    schema: httpUrl,
    example: 'http://ghost:2368',
  },
  ghostSecrets: {
    env: 'PROSORA_STRIPE_GHOST_WEBHOOK_SECRET',
    description:
      "Ghost's own WEBHOOK_SECRET, with which events are signed anew for it; two separated by a comma while it changes.",
    schema: secrets,
    secret: true,
    example: 'a long random text',
  },
  dataDir: {
    env: 'PROSORA_STRIPE_DATA_DIR',
    description:
      'Folder of the inbox: one SQLite file with every event. Put it on a disk that stays.',
    schema: z.string().default('stripe-data'),
    example: '/data',
  },
  host: {
    env: 'PROSORA_STRIPE_HOST',
    description: 'Address to listen on for webhooks.',
    schema: z.string().default('0.0.0.0'),
    example: '127.0.0.1',
  },
  port: {
    env: 'PROSORA_STRIPE_PORT',
    description: 'Port to listen on for webhooks.',
    schema: port.default(4300),
    unit: 'port',
  },
  path: {
    env: 'PROSORA_STRIPE_PATH',
    description: "Path of the webhooks. The default is Ghost's own, so the URL at Stripe can stay.",
    schema: z.string().startsWith('/').default('/members/webhooks/stripe/'),
  },
  privateHost: {
    env: 'PROSORA_STRIPE_PRIVATE_HOST',
    description: 'Address of /livez, /readyz and /metrics. Keep it off the public network.',
    schema: z.string().default('127.0.0.1'),
    example: '0.0.0.0',
  },
  privatePort: {
    env: 'PROSORA_STRIPE_PRIVATE_PORT',
    description: 'Port of /livez, /readyz and /metrics.',
    schema: port.default(4301),
    unit: 'port',
  },
  livemode: {
    env: 'PROSORA_STRIPE_MODE',
    description:
      'Which events go to Ghost: `live`, `test` or `any`. Others are kept and held until a person replays them.',
    schema: z.enum(['any', 'live', 'test']).default('any'),
  },
  ambiguous: {
    env: 'PROSORA_STRIPE_AMBIGUOUS',
    description:
      'An invoice or a donation that Ghost got without answering counts twice if it is sent again: `hold` keeps it for a person, `retry` sends it.',
    schema: z.enum(['hold', 'retry']).default('hold'),
  },
  ghostTimeoutMs: {
    env: 'PROSORA_STRIPE_GHOST_TIMEOUT_MS',
    description: 'How long Ghost may take for one event.',
    schema: z.coerce.number().int().positive().default(90_000),
    unit: 'ms',
  },
  leaseMs: {
    env: 'PROSORA_STRIPE_LEASE_MS',
    description:
      'How long the event that was on its way to Ghost waits after this process was killed.',
    schema: z.coerce.number().int().min(100).default(30_000),
    unit: 'ms',
  },
  maxBodyBytes: {
    env: 'PROSORA_STRIPE_MAX_BODY_BYTES',
    description: 'A larger event is refused with 413.',
    schema: z.coerce.number().int().positive().default(1_048_576),
    unit: 'bytes',
  },
  logLevel: {
    env: 'PROSORA_STRIPE_LOG_LEVEL',
    description: 'The least grave log lines to write.',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  },
} satisfies Options;
