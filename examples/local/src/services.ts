import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '@prosora/sandbox';
import { type RunningService, runVerb, startService } from './service-process.ts';
import type { Settings } from './settings.ts';

/** The domain that newsletters come from; it need not exist, since nothing leaves this machine. */
export const MAIL_DOMAIN = 'slowmaps.example';

/** What Ghost and the mail bridge know each other by. */
export const MAIL_API_KEY = 'local-mail-key-of-this-machine';

/** What the Stripe inbox signs with and Ghost verifies: its `WEBHOOK_SECRET`. */
export const HOP_SECRET = 'whsec_local_hop_secret';

/** What Ghost signs its webhook of changes with. */
export const CDN_SECRET = 'local-secret-of-the-webhook';

/** What opens the operator API of each service to the console; each start makes its own. */
const OPERATOR_TOKEN = randomBytes(32).toString('base64url');

/** Ghost signs its questions for charts with it, and the engine knows them by it; each start makes its own. */
export const ANALYTICS_ADMIN_TOKEN = randomBytes(32).toString('hex');

/** The collector may only send hits with it. */
const ANALYTICS_TRACKER_TOKEN = 'local-analytics-tracker-token';

/** Where a service listens, and where its health and metrics are. */
interface Ports {
  port: number;
  privatePort: number;
}

/** The ports of the services, after those of the stand-ins. */
export function servicePorts({ sandboxPort }: Pick<Settings, 'sandboxPort'>) {
  const after = (offset: number): Ports => ({
    port: sandboxPort + offset,
    privatePort: sandboxPort + offset + 1,
  });
  return {
    mail: after(10),
    stripe: after(20),
    collector: after(30),
    engine: after(40),
    cdn: after(50),
    console: after(60),
  };
}

/** Starts the mail bridge between Ghost and Resend's stand-in. */
export async function startMailBridge(
  settings: Settings,
  { resend }: Sandbox,
): Promise<RunningService> {
  const { port, privatePort } = servicePorts(settings).mail;
  return await startService({
    package: '@prosora/ghost-mail-resend',
    privatePort,
    logFile: path.join(settings.dir, 'logs/mail.log'),
    env: {
      RESEND_API_KEY: resend.apiKey,
      RESEND_BASE_URL: resend.url,
      RESEND_WEBHOOK_SECRET: resend.webhookSecret,
      PROSORA_MAIL_API_KEY: MAIL_API_KEY,
      PROSORA_MAIL_DOMAINS: MAIL_DOMAIN,
      PROSORA_MAIL_DATA_DIR: path.join(settings.dir, 'mail'),
      // It comes and goes with the site.
      PROSORA_MAIL_NEW_STORE: 'yes',
      PROSORA_MAIL_HOST: '127.0.0.1',
      PROSORA_MAIL_PORT: String(port),
      PROSORA_MAIL_PRIVATE_PORT: String(privatePort),
      PROSORA_MAIL_OPERATOR_TOKEN: OPERATOR_TOKEN,
    },
  });
}

/** Starts the inbox between Stripe's stand-in and Ghost. */
export async function startStripeInbox(
  settings: Settings,
  { stripe }: Sandbox,
  ghostUrl: string,
): Promise<RunningService> {
  const { port, privatePort } = servicePorts(settings).stripe;
  return await startService({
    package: '@prosora/ghost-webhooks-stripe',
    privatePort,
    logFile: path.join(settings.dir, 'logs/stripe.log'),
    env: {
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      PROSORA_STRIPE_GHOST_URL: ghostUrl,
      PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: HOP_SECRET,
      PROSORA_STRIPE_DATA_DIR: path.join(settings.dir, 'stripe'),
      // It comes and goes with the site.
      PROSORA_STRIPE_NEW_STORE: 'yes',
      PROSORA_STRIPE_HOST: '127.0.0.1',
      PROSORA_STRIPE_PORT: String(port),
      PROSORA_STRIPE_PRIVATE_PORT: String(privatePort),
      PROSORA_STRIPE_OPERATOR_TOKEN: OPERATOR_TOKEN,
    },
  });
}

/** Starts the engine that answers Ghost's charts, on the Tinybird project of the Ghost in `ghostDir`. */
export async function startAnalyticsEngine(
  settings: Settings,
  ghostDir: string,
): Promise<RunningService> {
  const { port, privatePort } = servicePorts(settings).engine;
  return await startService({
    package: '@prosora/analytics-engine',
    privatePort,
    logFile: path.join(settings.dir, 'logs/engine.log'),
    env: {
      GHOST_DIR: ghostDir,
      PROSORA_ENGINE_ADMIN_TOKEN: ANALYTICS_ADMIN_TOKEN,
      PROSORA_ENGINE_TRACKER_TOKEN: ANALYTICS_TRACKER_TOKEN,
      PROSORA_ENGINE_DATA_DIR: path.join(settings.dir, 'engine'),
      PROSORA_ENGINE_PORT: String(port),
      PROSORA_ENGINE_PRIVATE_PORT: String(privatePort),
      PROSORA_ENGINE_OPERATOR_TOKEN: OPERATOR_TOKEN,
    },
  });
}

/** Sets up the zone of Cloudflare's stand-in, and starts what purges it. */
export async function startCdn(
  settings: Settings,
  { cloudflare }: Sandbox,
): Promise<RunningService> {
  const { port, privatePort } = servicePorts(settings).cdn;
  const options = {
    package: '@prosora/ghost-cdn-cloudflare',
    privatePort,
    logFile: path.join(settings.dir, 'logs/cdn.log'),
    env: {
      CLOUDFLARE_API_TOKEN: cloudflare.token,
      PROSORA_CDN_API_URL: cloudflare.apiUrl,
      PROSORA_CDN_SITE_URL: `https://${MAIL_DOMAIN}`,
      PROSORA_CDN_WEBHOOK_SECRET: CDN_SECRET,
      PROSORA_CDN_DATA_DIR: path.join(settings.dir, 'cdn'),
      // It comes and goes with the site.
      PROSORA_CDN_NEW_STORE: 'yes',
      PROSORA_CDN_HOST: '127.0.0.1',
      PROSORA_CDN_PORT: String(port),
      PROSORA_CDN_PRIVATE_PORT: String(privatePort),
      PROSORA_CDN_OPERATOR_TOKEN: OPERATOR_TOKEN,
    },
  };
  await runVerb(options, 'setup');
  return await startService(options);
}

/** The options of the collector, for each of its verbs. */
export function collectorEnv(settings: Settings): Record<string, string> {
  const { collector, engine } = servicePorts(settings);
  return {
    TINYBIRD_HOST: `http://127.0.0.1:${engine.port}`,
    TINYBIRD_TRACKER_TOKEN: ANALYTICS_TRACKER_TOKEN,
    PROSORA_COLLECTOR_DATA_DIR: path.join(settings.dir, 'collector'),
    PROSORA_COLLECTOR_PORT: String(collector.port),
    PROSORA_COLLECTOR_PRIVATE_PORT: String(collector.privatePort),
    PROSORA_COLLECTOR_OPERATOR_TOKEN: OPERATOR_TOKEN,
  };
}

/** Starts the collector between readers' browsers and the engine. */
export async function startCollector(settings: Settings): Promise<RunningService> {
  return await startService({
    package: '@prosora/ghost-analytics-tinybird',
    privatePort: servicePorts(settings).collector.privatePort,
    logFile: path.join(settings.dir, 'logs/collector.log'),
    env: collectorEnv(settings),
  });
}

/** Starts the console of what runs here; backups, updates and logs are the stack's. */
export async function startConsole(
  settings: Settings,
  { siteUrl, ghostUrl }: { siteUrl: string; ghostUrl: string },
): Promise<RunningService> {
  const { mail, stripe, collector, engine, cdn, console: own } = servicePorts(settings);
  const asked = { MAIL: mail, PAYMENTS: stripe, VISITS: collector, ENGINE: engine, CDN: cdn };
  const parts = Object.entries(asked).flatMap(([part, { privatePort }]) => [
    [`PROSORA_CONSOLE_${part}_URL`, `http://127.0.0.1:${privatePort}`],
    [`PROSORA_CONSOLE_${part}_TOKEN`, OPERATOR_TOKEN],
  ]);
  return await startService({
    package: '@prosora/console',
    privatePort: own.privatePort,
    logFile: path.join(settings.dir, 'logs/console.log'),
    env: {
      ...Object.fromEntries(parts),
      PROSORA_CONSOLE_ADMIN_URL: siteUrl,
      PROSORA_CONSOLE_GHOST_URL: ghostUrl,
      PROSORA_CONSOLE_TIMEZONE: Intl.DateTimeFormat().resolvedOptions().timeZone,
      PROSORA_CONSOLE_HOST: '127.0.0.1',
      PROSORA_CONSOLE_PORT: String(own.port),
      PROSORA_CONSOLE_PRIVATE_PORT: String(own.privatePort),
    },
  });
}

/** The tracker in place of Ghost's script, at whose path Ghost's pages ask for it. */
export const TRACKER_SCRIPT = {
  '/public/ghost-stats.min.js': path.join(
    path.dirname(
      fileURLToPath(import.meta.resolve('@prosora/ghost-analytics-tinybird/package.json')),
    ),
    'src/tracker/tracker.js',
  ),
};
