import type { Options } from '@prosora/service/options';
import * as z from 'zod';

const LAST_BASE_PORT = 65_000;

/** Every option of the `prosora-sandbox` command. */
export const sandboxOptions = {
  port: {
    env: 'PROSORA_SANDBOX_PORT',
    description:
      'Port of the console; the stand-ins have the ports after it (Cloudinary, Resend, Stripe, Tinybird, Cloudflare). 0 picks free ones.',
    schema: z.coerce.number().int().min(0).max(LAST_BASE_PORT).default(4100),
    example: '4100',
  },
  host: {
    env: 'PROSORA_SANDBOX_HOST',
    description:
      'Address to listen on. Anyone who reaches it can read and change everything in the sandbox.',
    schema: z.string().default('127.0.0.1'),
    example: '0.0.0.0',
  },
  publicHost: {
    env: 'PROSORA_SANDBOX_PUBLIC_HOST',
    description: 'Host name that goes into URLs, where callers know the sandbox by another name.',
    schema: z.string().optional(),
    defaultText: 'the address it listens on',
    example: 'sandbox',
  },
  publicUrl: {
    env: 'PROSORA_SANDBOX_PUBLIC_URL',
    description:
      'Where browsers reach the console behind a proxy; each stand-in is then at its own name before that host, such as https://stripe.sandbox.example.com.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    defaultText: 'no proxy',
    example: 'https://sandbox.example.com',
  },
  siteUrl: {
    env: 'PROSORA_SANDBOX_SITE_URL',
    description:
      'Origin that hears of mail at /webhooks/resend and of payments at /members/webhooks/stripe/.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    defaultText: 'nobody hears of them',
    example: 'https://example.com',
  },
  siteName: {
    env: 'PROSORA_SANDBOX_SITE_NAME',
    description:
      'Host name of that site, where vendors know it by another than PROSORA_SANDBOX_SITE_URL has: webhooks for it go to that origin.',
    schema: z.string().optional(),
    defaultText: 'the same',
    example: 'blog.example.com',
  },
  siteAuthorityUrl: {
    env: 'PROSORA_SANDBOX_SITE_AUTHORITY_URL',
    description:
      "Where the authority that signed that site's certificate stands in PEM, for Cloudflare's edge, which fetches pages by the name of the site.",
    schema: z.url({ protocol: /^https?$/ }).optional(),
    defaultText: 'a public one',
    example: 'http://caddy:2020/ca.pem',
  },
  dataDir: {
    env: 'PROSORA_SANDBOX_DATA_DIR',
    description:
      'Folder for everything that the stand-ins keep. Only one sandbox at a time may use it.',
    schema: z.string().default('sandbox-data'),
    example: './sandbox-data',
  },
  seed: {
    env: 'PROSORA_SANDBOX_SEED',
    description: 'Decides generated ids and which requests a fault by probability hits.',
    schema: z.string().default('prosora'),
    example: '1',
  },
} satisfies Options;
