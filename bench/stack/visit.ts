import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS, chromiumPath } from '../../packages/ghost-local/src/index.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { DOMAIN, PORT } from './site.ts';

const VISITS = 5;

interface Visit {
  kilobytes: number;
  requests: number;
  lcpMs: number;
}

/** What a first visit to the front page costs a reader here, and with Ghost as it comes behind ghost-docker's Caddyfile. */
export async function visit(): Promise<Figure[]> {
  const medians = { ours: await visits(DOMAIN), theirs: await visits(`plain.${DOMAIN}`) };
  const figure = (name: string, unit: string, of: keyof Visit): Figure => ({
    name: `first visit, ${name}`,
    value: medians.ours[of],
    unit,
    yardstick: { name: 'Ghost as it comes', value: medians.theirs[of] },
  });
  return [
    figure('from the site and its pictures’ host', 'kB', 'kilobytes'),
    figure('requests there', 'requests', 'requests'),
    figure('largest contentful paint', 'ms', 'lcpMs'),
  ];
}

async function visits(host: string): Promise<Visit> {
  // The sizes of the pictures are made when they are first asked for.
  await firstVisit(host);
  const seen: Visit[] = [];
  for (let n = 0; n < VISITS; n++) seen.push(await firstVisit(host));
  const median = (of: keyof Visit) =>
    quantile(
      seen.map((one) => one[of]),
      0.5,
    );
  return { kilobytes: median('kilobytes'), requests: median('requests'), lcpMs: median('lcpMs') };
}

async function firstVisit(host: string): Promise<Visit> {
  const browser = await chromium.launch({
    executablePath: chromiumPath ?? 'chromium',
    args: [...CHROMIUM_FLAGS, `--host-resolver-rules=MAP *${DOMAIN}:443 127.0.0.1:${PORT}`],
  });
  try {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    // Other hosts are not reached from here.
    await page.route(
      ({ hostname }) => !hostname.endsWith(DOMAIN),
      (route) => route.abort(),
    );
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    let bytes = 0;
    let requests = 0;
    network.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
      requests++;
    });
    await page.goto(`https://${host}/`, { waitUntil: 'networkidle' });
    const lcpMs = await page.evaluate<number>(`new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    })`);
    return { kilobytes: bytes / 1_000, requests, lcpMs };
  } finally {
    await browser.close();
  }
}
