import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { createOperatorClient, findOperatorTokens } from '@prosora/service';
import { freePort, spawnService } from '@prosora/service/testing';
import { chromium } from 'playwright-core';
import { COOKIE, startAdminStandIn } from '../packages/console/test/fixtures/admin-stand-in.ts';
import { storeOperations } from '../packages/ghost-mail-resend/src/operate/operations.ts';
import type { Figure } from './figure.ts';
import { serve as startBridge } from './mail/bridge.ts';
import { fillStore } from './mail/lists.ts';
import { quantile } from './quantile.ts';
import { fillInbox } from './stripe/lists.ts';
import { build as buildInbox, startInbox, temporaryFolder } from './stripe/running.ts';

const PACKAGES = join(import.meta.dirname, '../packages');
const BASE = '/ghost/prosora';
/** Read one after the other: a page, then the one that follows it. */
const READS = 200;
const PAINTS = 10;
const LONGEST_MS = 100;
const PAINT_MS = 300;
const MOST_BYTES = 100_000;

/** Over a million recipients, sign-in mails, given-up jobs, suppressions and events of Stripe's. */
const PAGES = {
  overview: '/',
  newsletters: '/mail',
  'a newsletter’s recipients': '/mail/newsletter?id=million',
  'sign-in mails': '/mail/mails',
  'jobs that were given up': '/mail/jobs',
  suppressions: '/mail/suppressions',
  events: '/payments',
  'dead events': '/payments?state=dead',
  'events of a customer': '/payments?customer=cus_4711',
  'an event': '/payments/event?id=evt_4711',
  cancellations: '/payments/cancellations',
  'dead events, counted': '/payments/many?state=dead',
};

/** Measures how long the console takes over a million rows, and until a browser shows something. */
export async function run(): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const site = await startSite(stack);
  const figures: Figure[] = [];
  for (const [name, path] of Object.entries(PAGES)) {
    const took: number[] = [];
    let address: string | undefined = path;
    for (let read = 0; read < READS; read += 1) {
      const began = performance.now();
      const response: Response = await fetch(site + BASE + (address ?? path), {
        headers: { cookie: COOKIE },
      });
      const text = await response.text();
      took.push(performance.now() - began);
      if (!response.ok) throw new Error(`${address} answers ${response.status}: ${text}`);
      const [, next] = /<a href="\/ghost\/prosora([^"]+)" rel="next"/.exec(text) ?? [];
      address = next?.replaceAll('&#38;', '&');
    }
    const p99 = quantile(took, 0.99);
    figures.push(
      { name: `${name}, p50`, value: quantile(took, 0.5), unit: 'ms' },
      { name: `${name}, p99`, value: p99, unit: 'ms', budget: under(p99, LONGEST_MS, 'ms') },
    );
  }
  return [...figures, ...(await measurePaints(site))];
}

function under(value: number, most: number, unit: string): Required<Figure>['budget'] {
  return { description: `< ${most.toLocaleString('en')} ${unit}`, met: value < most };
}

/** The two services that keep much, and the console in front of them. @returns its origin */
async function startSite(stack: AsyncDisposableStack): Promise<string> {
  const folder = temporaryFolder();
  stack.defer(() => rmSync(folder, { recursive: true }));
  buildInbox();
  for (const name of ['ghost-mail-resend', 'console']) {
    execFileSync('npm', ['run', 'build'], { cwd: join(PACKAGES, name), stdio: 'ignore' });
  }
  const [mailDir, inboxDir] = [join(folder, 'mail'), folder];
  await fillInbox(inboxDir);
  await fillStore(mailDir);
  // Gigabytes that are still on their way to the disk would keep those from it who read.
  execFileSync('sync');
  const ghost = stack.use(await startAdminStandIn());
  const inbox = stack.use(
    await startInbox({
      STRIPE_WEBHOOK_SECRET: 'whsec_of_the_endpoint',
      PROSORA_STRIPE_DATA_DIR: inboxDir,
    }),
  );
  const bridge = await startBridge(mailDir, 'http://127.0.0.1:9');
  stack.defer(async () => void (await bridge.end('SIGKILL')));
  const tokenIn = (dataDir: string) => findOperatorTokens({ dataDir })?.write ?? '';
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await spawnService([join(PACKAGES, 'console/dist/cli.js'), 'serve'], {
    PROSORA_CONSOLE_ADMIN_URL: url,
    PROSORA_CONSOLE_GHOST_URL: ghost.url,
    PROSORA_CONSOLE_HOST: '127.0.0.1',
    PROSORA_CONSOLE_PORT: String(port),
    PROSORA_CONSOLE_PRIVATE_PORT: '0',
    PROSORA_CONSOLE_MAIL_URL: bridge.privateUrl,
    PROSORA_CONSOLE_MAIL_TOKEN: tokenIn(mailDir),
    PROSORA_CONSOLE_PAYMENTS_URL: inbox.privateUrl,
    PROSORA_CONSOLE_PAYMENTS_TOKEN: tokenIn(inboxDir),
  });
  stack.defer(async () => void (await running.end('SIGKILL')));
  // Nothing answers the bridge, which would go on trying.
  const { ask } = createOperatorClient(storeOperations, {
    url: bridge.privateUrl,
    token: tokenIn(mailDir),
  });
  await ask('pause', { emailId: 'million' });
  return url;
}

/** When something was shown, and what was loaded for that. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [first] = list.getEntriesByName('first-contentful-paint');
    const loaded = ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind));
    const bytes = loaded.reduce((sum, { transferSize }) => sum + transferSize, 0);
    if (first) resolve({ at: first.startTime, bytes });
  }).observe({ type: 'paint', buffered: true });
})`;

/** By a browser that has seen none of it before. */
async function measurePaints(site: string): Promise<Figure[]> {
  await using browser = await chromium.launch({
    executablePath: chromiumPath ?? '',
    args: CHROMIUM_FLAGS,
  });
  const paints: number[] = [];
  let largest = 0;
  for (const path of Object.values(PAGES)) {
    for (let paint = 0; paint < PAINTS; paint += 1) {
      const context = await browser.newContext();
      const [name = '', value = ''] = COOKIE.split('=');
      await context.addCookies([{ name, value, url: `${site}/ghost` }]);
      const page = await context.newPage();
      await page.goto(site + BASE + path, { waitUntil: 'load' });
      const { at, bytes } = await page.evaluate<{ at: number; bytes: number }>(FIRST_PAINT);
      paints.push(at);
      largest = Math.max(largest, bytes);
      await context.close();
    }
  }
  const p99 = quantile(paints, 0.99);
  return [
    { name: 'first paint of all these, p50', value: quantile(paints, 0.5), unit: 'ms' },
    { name: 'first paint, p99', value: p99, unit: 'ms', budget: under(p99, PAINT_MS, 'ms') },
    {
      name: 'the largest page, on the wire',
      value: largest,
      unit: 'bytes',
      budget: under(largest, MOST_BYTES, 'bytes'),
    },
  ];
}
