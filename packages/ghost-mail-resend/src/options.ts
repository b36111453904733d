import type { Options } from '@prosora/service/options';
import { z } from 'zod';

/** A comma-separated list. */
const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
  .refine((items) => items.length > 0, 'is empty');

const port = (value: number) => z.coerce.number().int().min(0).max(65_535).default(value);

/** Every option of the `prosora-mail` service. */
export const mailOptions = {
  resendApiKey: {
    env: 'RESEND_API_KEY',
    description:
      'Key of your Resend team. With "Full access" members that Ghost enables again are also taken off the suppression list of Resend; "Sending access" is enough for everything else.',
    schema: z.string().min(1),
    secret: true,
  },
  resendBaseUrl: {
    env: 'RESEND_BASE_URL',
    description: 'Origin of the API of Resend.',
    schema: z
      .url()
      .transform((url) => url.replace(/\/+$/, ''))
      .default('https://api.resend.com'),
    example: 'http://127.0.0.1:4102',
  },
  webhookSecrets: {
    env: 'RESEND_WEBHOOK_SECRET',
    description:
      'Signing secret of the webhook at Resend; several, separated by commas, while one is being replaced.',
    schema: list.refine(
      (secrets) => secrets.every((secret) => /^(whsec_)?[A-Za-z0-9+/=]+$/.test(secret)),
      'expected whsec_ and base64',
    ),
    secret: true,
  },
  apiKey: {
    env: 'PROSORA_MAIL_API_KEY',
    description:
      'What Ghost sends as its Mailgun key (bulkEmail.mailgun.apiKey): choose a long random text.',
    schema: z.string().min(8),
    secret: true,
  },
  domains: {
    env: 'PROSORA_MAIL_DOMAINS',
    description:
      'Domains that Ghost may name as its Mailgun domain (bulkEmail.mailgun.domain), separated by commas.',
    schema: list,
    example: 'example.com',
  },
  dataDir: {
    env: 'PROSORA_MAIL_DATA_DIR',
    description:
      'Folder of the one file in which accepted mail, its progress and its events are kept.',
    schema: z.string().default('mail-data'),
    example: '/data',
  },
  host: {
    env: 'PROSORA_MAIL_HOST',
    description: 'Address to listen on for Ghost and for the webhooks of Resend.',
    schema: z.string().default('0.0.0.0'),
    example: '127.0.0.1',
  },
  port: {
    env: 'PROSORA_MAIL_PORT',
    description: 'Port for Ghost and for the webhooks of Resend. 0 picks a free one.',
    schema: port(4200),
    unit: 'port',
  },
  privateHost: {
    env: 'PROSORA_MAIL_PRIVATE_HOST',
    description:
      'Address to listen on for health checks and metrics. Keep it off the public network.',
    schema: z.string().default('127.0.0.1'),
  },
  privatePort: {
    env: 'PROSORA_MAIL_PRIVATE_PORT',
    description: 'Port for health checks and metrics. 0 picks a free one.',
    schema: port(4201),
    unit: 'port',
  },
  maxMessageBytes: {
    env: 'PROSORA_MAIL_MAX_MESSAGE_BYTES',
    description: 'Largest message from Ghost, whose own client stops at 50 MiB.',
    schema: z.coerce
      .number()
      .int()
      .positive()
      .default(64 * 1024 * 1024),
    unit: 'bytes',
  },
  concurrency: {
    env: 'PROSORA_MAIL_CONCURRENCY',
    description: 'Calls to Resend at a time; each holds up to 100 mails in memory.',
    schema: z.coerce.number().int().min(1).max(20).default(3),
  },
  logLevel: {
    env: 'PROSORA_MAIL_LOG_LEVEL',
    description: 'Lowest level that is logged. Addresses appear at "debug" only.',
    schema: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  },
} satisfies Options;
