import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LimiterKind } from '../../packages/sandbox/src/index.ts';
import { startSandbox } from '../../packages/sandbox/src/index.ts';
import type { Figure } from '../figure.ts';
import { post, serve } from './bridge.ts';
import { BATCH, formTo, SMALL_HTML } from './newsletter.ts';

/** There and back, in ms. */
const SHORTEST_MS = 50;
const LONGEST_MS = 300;

/**
 * Share of its limit that a limiter leaves to whoever is refused at most once a minute, and how much of it is
 * to be used. A slot of a sliding log lies idle until the next call happens to arrive:
 * 1,000 / (1,000 + mean way - shortest way), which is 94.1 %.
 */
const REACHABLE: Record<LimiterKind, { left: number; budget: number }> = {
  'fixed-window': { left: 1, budget: 0.95 },
  'sliding-log': { left: 1_000 / (1_000 + (LONGEST_MS - SHORTEST_MS) / 4), budget: 0.98 },
  'token-bucket': { left: 1, budget: 0.95 },
};

/** Against the stand-in's limiters with 50 to 300 ms there and back, while a newsletter is queued. */
export async function measureRate(folder: string): Promise<Figure[]> {
  const kinds: LimiterKind[] = ['fixed-window', 'sliding-log', 'token-bucket'];
  // One after the other would take three times as long, and five calls a second keep no core busy.
  const measured = await Promise.all(kinds.map((kind) => measureLimiter(kind, join(folder, kind))));
  return measured.flat();
}

async function measureLimiter(limiter: LimiterKind, dir: string): Promise<Figure[]> {
  const limit = 5;
  const seconds = 120;
  const settings = {
    limiter,
    requestsPerSecond: limit,
    minLatencyMs: SHORTEST_MS,
    maxLatencyMs: LONGEST_MS,
    autoDeliver: false,
  };
  await using sandbox = await startSandbox({
    port: 0,
    dataDir: join(dir, 'sandbox'),
    vendors: { resend: { settings } },
  });
  const { resend } = sandbox;
  const bridge = await serve(join(dir, 'mail'), resend.url, resend.apiKey);
  // What is sent in the time, and more: 100,000 members are queued all along.
  const message = (at: number) => formTo(at, BATCH, 'rate').entries();
  for (let at = 0; at < 100_000; at += BATCH) {
    const body = new FormData();
    for (const [name, value] of message(at))
      body.append(name, name === 'html' ? SMALL_HTML : value);
    await post(bridge.url, body);
  }
  const calls = () => resend.requests.list(/^\/emails/);
  await delay(10_000);
  const before = calls().length;
  const startedAt = Date.now();
  const links: number[] = [];
  while (Date.now() - startedAt < seconds * 1_000) {
    await delay(4_500 + Math.random() * 1_000);
    links.push(await sendLink(bridge.url, resend, links.length));
  }
  const took = (Date.now() - startedAt) / 1_000;
  const since = calls().slice(before);
  const refused = since.filter(({ status }) => status === 429).length;
  const share = (since.length - refused) / (limit * took);
  await bridge.end('SIGKILL');
  const slowest = Math.max(...links);
  const { left, budget } = REACHABLE[limiter];
  const percent = (100 * left).toFixed(1);
  return [
    {
      name: `${limiter}: share of ${limit}/s that is used`,
      value: 100 * share,
      unit: '%',
      yardstick: { name: 'what it leaves', value: 100 * left },
      budget: { description: `≥ ${100 * budget} % of ${percent} %`, met: share >= budget * left },
    },
    {
      name: `${limiter}: refusals a minute`,
      value: (refused * 60) / took,
      unit: '/min',
      budget: { description: '≤ 1', met: (refused * 60) / took <= 1 },
    },
    {
      name: `${limiter}: sign-in mail at Resend, slowest of ${links.length}`,
      value: slowest,
      unit: 'ms',
      budget: { description: '< 2 s', met: slowest < 2_000 },
    },
  ];
}

type StandIn = Awaited<ReturnType<typeof startSandbox>>['resend'];

async function sendLink(url: string, resend: StandIn, number: number): Promise<number> {
  const address = `visitor${number}@example.org`;
  const form = new FormData();
  const parts = {
    to: address,
    from: 'lab@example.com',
    subject: 'Sign in',
    text: 'Link',
    'o:tag': 'transactional-email',
  };
  for (const [name, value] of Object.entries(parts)) form.append(name, value);
  const startedAt = Date.now();
  await post(url, form);
  for (;;) {
    const { length } = resend.requests.list(/^\/emails$/).filter(({ status }) => status === 200);
    if (length > number) return Date.now() - startedAt;
    await delay(10);
  }
}
