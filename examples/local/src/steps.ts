import { rm } from 'node:fs/promises';
import path from 'node:path';
import { bootGhost, createAdminClient, GHOST_VERSION, installGhost } from '@prosora/ghost-local';
import { startSandbox } from '@prosora/sandbox';
import { BLOG, POSTS } from './blog.ts';
import { connectCdn } from './connect-cdn.ts';
import { connectStripe } from './connect-stripe.ts';
import { startEdge } from './edge.ts';
import { ghostConfig, ghostEnv } from './ghost-config.ts';
import { checkMachine } from './machine.ts';
import { mountAdapters } from './mount-adapter.ts';
import { seedBlog, seedReaders } from './seed.ts';
import {
  MAIL_DOMAIN,
  servicePorts,
  startAnalyticsEngine,
  startCdn,
  startCollector,
  startConsole,
  startMailBridge,
  startStripeInbox,
  TRACKER_SCRIPT,
} from './services.ts';
import type { Settings } from './settings.ts';
import type { Site } from './site.ts';

/** One thing to do on the way to a running site. */
export interface Step {
  title: string;
  /** Does it, showing progress line by line. Each step may use what those before it put into `site`. */
  run(show: (line: string) => void): Promise<void>;
}

/**
 * The way to a running site. Fills `site` step by step; `opened` receives what has to be closed, in
 * the order it was opened.
 */
export function stepsTo(site: Site, settings: Settings, opened: (() => Promise<void>)[]): Step[] {
  const { dir, port, sandboxPort, fresh } = settings;
  const ghostDir = path.join(dir, 'ghost');
  return [
    {
      title: 'Look at this machine',
      async run() {
        await checkMachine(settings);
        if (fresh) await rm(dir, { recursive: true, force: true });
        site.url = `http://localhost:${port}`;
      },
    },
    {
      title: `Install Ghost ${GHOST_VERSION}`,
      async run(show) {
        site.install = await installGhost({ onProgress: show });
      },
    },
    {
      title: 'Build the adapters and unpack them into content/adapters',
      run: () => mountAdapters(path.join(ghostDir, 'content')),
    },
    {
      title: 'Start the stand-ins for Cloudinary, Resend, Stripe and Cloudflare',
      async run() {
        site.sandbox = await startSandbox({
          port: sandboxPort,
          dataDir: path.join(dir, 'sandbox'),
          vendors: vendorsOf(site.url),
        });
        opened.push(() => site.sandbox.close());
      },
    },
    {
      title: 'Start the mail bridge, the analytics engine, the collector and the purge',
      async run() {
        site.mail = await startMailBridge(settings, site.sandbox);
        opened.push(() => site.mail.stop());
        const engine = await startAnalyticsEngine(settings, site.install.dir);
        opened.push(() => engine.stop());
        const collector = await startCollector(settings);
        opened.push(() => collector.stop());
        const cdn = await startCdn(settings, site.sandbox);
        opened.push(() => cdn.stop());
      },
    },
    {
      title:
        'Boot Ghost, the Stripe inbox before it, the console beside it, and the edge before all',
      async run(show) {
        site.ghost = await bootGhost({
          install: site.install,
          dir: ghostDir,
          url: site.url,
          config: ghostConfig(site.sandbox, settings),
          env: ghostEnv(site.sandbox),
          onProgress: show,
        });
        opened.push(() => site.ghost.stop());
        const { listenUrl } = site.ghost;
        site.stripe = await startStripeInbox(settings, site.sandbox, listenUrl);
        opened.push(() => site.stripe.stop());
        const console = await startConsole(settings, { siteUrl: site.url, ghostUrl: listenUrl });
        opened.push(() => console.stop());
        const edge = await startEdge({
          port,
          ghostUrl: listenUrl,
          routes: routesOf(settings),
          scripts: TRACKER_SCRIPT,
        });
        opened.push(() => edge.close());
      },
    },
    {
      title: `Publish ${BLOG.title}, a blog of ${POSTS.length} posts`,
      async run(show) {
        site.admin = createAdminClient(site.ghost);
        await site.admin.setup();
        await seedBlog(site.admin, (title, count) => show(`${count} of ${POSTS.length}: ${title}`));
        await seedReaders(site.admin);
        await connectStripe(site);
        await connectCdn(site);
      },
    },
    { title: `Open http://localhost:${port} while the rest is proven`, run: async () => {} },
  ];
}

/** Each vendor tells the site what happens where it would in production: at the site's own address. */
function vendorsOf(siteUrl: string) {
  return {
    resend: {
      domains: [MAIL_DOMAIN],
      settings: {
        anyDomain: false,
        webhookUrl: `${siteUrl}/webhooks/resend`,
        webhookRetriesMs: [200, 1_000, 5_000, 30_000, 300_000],
      },
    },
    stripe: {
      webhookUrl: `${siteUrl}/members/webhooks/stripe/`,
      settings: { webhookRetryMs: 500 },
    },
    cloudflare: { settings: { zone: MAIL_DOMAIN, host: MAIL_DOMAIN, origin: siteUrl } },
  };
}

function routesOf(settings: Settings): Record<string, string> {
  const { mail, stripe, collector, cdn, console } = servicePorts(settings);
  return {
    '/ghost/prosora': `http://127.0.0.1:${console.port}`,
    '/webhooks/ghost': `http://127.0.0.1:${cdn.port}`,
    '/webhooks/resend': `http://127.0.0.1:${mail.port}`,
    '/members/webhooks/stripe': `http://127.0.0.1:${stripe.port}`,
    '/.ghost/analytics': `http://127.0.0.1:${collector.port}`,
  };
}
