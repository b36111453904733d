import type { GhostConfig } from '@prosora/ghost-local';
import type { Sandbox } from '@prosora/sandbox';
import { ADAPTER_NAME, JOBS_CONFIG } from './mount-adapter.ts';
import {
  ANALYTICS_ADMIN_TOKEN,
  HOP_SECRET,
  MAIL_API_KEY,
  MAIL_DOMAIN,
  servicePorts,
} from './services.ts';
import type { Settings } from './settings.ts';

/** What a self-hoster writes into Ghost's config, with the stand-ins in the vendors' place. */
export function ghostConfig(sandbox: Sandbox, settings: Settings): GhostConfig {
  const bridge = `http://127.0.0.1:${servicePorts(settings).mail.port}`;
  return {
    ...storage(sandbox),
    ...JOBS_CONFIG,
    bulkEmail: {
      // SQLite refuses Ghost's usual 1,000 recipients at once.
      batchSize: 500,
      mailgun: { baseUrl: `${bridge}/v3`, apiKey: MAIL_API_KEY, domain: MAIL_DOMAIN },
    },
    mail: {
      transport: 'Mailgun',
      from: `Slow Maps <hello@${MAIL_DOMAIN}>`,
      options: { url: bridge, auth: { api_key: MAIL_API_KEY, domain: MAIL_DOMAIN } },
    },
    ...analyticsConfig(`http://localhost:${settings.port}`),
  };
}

/** What Ghost reads from its environment only: where Stripe's API is, and its webhook secret. */
export function ghostEnv({ stripe }: Sandbox): Record<string, string> {
  const { hostname, port } = new URL(stripe.url);
  return {
    STRIPE_API_PROTOCOL: 'http',
    STRIPE_API_HOST: hostname,
    STRIPE_API_PORT: port,
    WEBHOOK_SECRET: HOP_SECRET,
  };
}

/** Ghost's side of its charts, at the site's own origin: in production Ghost asks no private address. */
export function analyticsConfig(siteUrl: string): GhostConfig {
  const endpoint = `${siteUrl}/.ghost/analytics`;
  return {
    tinybird: {
      workspaceId: 'local',
      adminToken: ANALYTICS_ADMIN_TOKEN,
      tracker: { endpoint: `${endpoint}/api/v1/page_hit`, datasource: 'analytics_events' },
      stats: { endpoint },
    },
  };
}

function storage({ cloudinary }: Sandbox): GhostConfig {
  const { cloudName, apiKey, apiSecret, url } = cloudinary;
  return {
    storage: {
      active: ADAPTER_NAME,
      [ADAPTER_NAME]: { cloudName, apiKey, apiSecret, uploadPrefix: url, secureDistribution: url },
      media: { adapter: ADAPTER_NAME, store: 'media' },
      files: { adapter: ADAPTER_NAME, store: 'files' },
    },
    // Cloudinary keeps the original and makes every size of it, so Ghost need not shrink uploads.
    imageOptimization: { resize: false },
  };
}
