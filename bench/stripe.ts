import { join } from 'node:path';
import { spawnService } from '@prosora/service/testing';
import { openInbox } from '../packages/ghost-webhooks-stripe/src/inbox/open-inbox.ts';
import { sign } from '../packages/ghost-webhooks-stripe/src/index.ts';
import { eventLike } from '../packages/ghost-webhooks-stripe/test/fixtures/events.ts';
import type { Figure } from './figure.ts';
import { quantile } from './quantile.ts';
import { measureDrain } from './stripe/drain.ts';
import { measureLists } from './stripe/lists.ts';
import { type Shot, saturate, sendAtRate } from './stripe/load.ts';
import {
  build,
  memoryOf,
  type RunningInbox,
  startInbox,
  temporaryFolder,
} from './stripe/running.ts';
import { measureVerify } from './stripe/verify.ts';

const SECRET = 'whsec_of_the_endpoint';
const AT_ONCE = 32;
const BACKLOG = 50_000;
const FLAT = { events: 100_000, warmUp: 30_000, growthMegabytes: 20 };

const PARTS = {
  verify: async () => measureVerify(),
  ack: async () => [...(await measureAck(0)), ...(await measureAck(BACKLOG))],
  throughput: measureThroughput,
  memory: measureMemory,
  drain: measureDrain,
  lists: measureLists,
};

/**
 * Measures verification, acknowledgement, memory, the drain into Ghost and the lists of a large inbox, each part by
 * itself with `PROSORA_BENCH_PART=verify|ack|throughput|memory|drain|lists`.
 */
export async function run(): Promise<Figure[]> {
  const only = process.env['PROSORA_BENCH_PART'];
  build();
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (only === undefined || only === name) figures.push(...(await measure()));
  }
  return figures;
}

/** Ghost is away in all of these, so that every event stays pending. */
async function measureAck(backlog: number): Promise<Figure[]> {
  const folder = temporaryFolder();
  await fill(folder, backlog);
  await using inbox = await inboxIn(folder);
  const name = `${backlog.toLocaleString('en')} pending`;
  const url = inbox.url;
  await saturate(url, shots(200, `warm_${backlog}`), 4);
  const one = await saturate(url, shots(1_000, `one_${backlog}`), 1);
  const rated = await sendAtRate(url, shots(2_000, `rate_${backlog}`), 200);
  const full = await saturate(url, shots(3_000, `full_${backlog}`), AT_ONCE);
  const p99 = quantile(rated.ms, 0.99);
  const figure = (of: string, value: number) => ({ name: `ack ${of}, ${name}`, value, unit: 'ms' });
  return [
    figure('sequential p50', quantile(one.ms, 0.5)),
    figure('sequential p99', quantile(one.ms, 0.99)),
    figure('at 200/s p50', quantile(rated.ms, 0.5)),
    { ...figure('at 200/s p99', p99), budget: { description: '< 100 ms', met: p99 < 100 } },
    figure('saturated p50', quantile(full.ms, 0.5)),
    figure('saturated p99', quantile(full.ms, 0.99)),
  ];
}

/** In turns with the yardstick, and the best of each counts, so that other work on the machine meets both. */
async function measureThroughput(): Promise<Figure[]> {
  await using inbox = await inboxIn(temporaryFolder());
  const bare = await spawnService(
    [join(import.meta.dirname, 'stripe/bare-server.ts'), join(temporaryFolder(), 'bare.db')],
    {},
  );
  const rates = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < 6; round += 1) {
    for (const [name, url] of [
      ['bare', bare.url],
      ['ours', inbox.url],
    ] as const) {
      const { tookMs } = await saturate(url, shots(2_000, `${name}_${round}`), AT_ONCE);
      rates[name].push((2_000 * 1_000) / tookMs);
    }
  }
  await bare.end('SIGKILL');
  const value = quantile(rates.ours.slice(1), 0.5);
  const yardstick = {
    name: 'node:http + one fsynced insert',
    value: quantile(rates.bare.slice(1), 0.5),
  };
  const met = value >= 0.7 * yardstick.value;
  return [
    {
      name: `events saturated, ${AT_ONCE} at a time`,
      value,
      unit: '/s',
      yardstick,
      budget: { description: '≥ 70 % of it', met },
    },
  ];
}

async function measureMemory(): Promise<Figure[]> {
  await using inbox = await inboxIn(temporaryFolder());
  const part = 10_000;
  const after: number[] = [];
  for (let sent = 0; sent < FLAT.events; sent += part) {
    await saturate(inbox.url, shots(part, `memory_${sent}`), AT_ONCE);
    after.push(await memoryOf(inbox));
  }
  const early = Math.max(...after.slice(0, FLAT.warmUp / part));
  const late = after.at(-1) ?? Number.NaN;
  const growth = late - early;
  return [
    {
      name: `memory after ${FLAT.events.toLocaleString('en')} events`,
      value: late,
      unit: 'MB',
      yardstick: { name: `after ${FLAT.warmUp.toLocaleString('en')}`, value: early },
      budget: {
        description: `≤ 150 MB, and at most ${FLAT.growthMegabytes} MB more`,
        met: late <= 150 && growth <= FLAT.growthMegabytes,
      },
    },
  ];
}

function inboxIn(folder: string): Promise<RunningInbox> {
  return startInbox({ STRIPE_WEBHOOK_SECRET: SECRET, PROSORA_STRIPE_DATA_DIR: folder });
}

/** Puts a backlog into the inbox without the way through HTTP. */
async function fill(folder: string, events: number): Promise<void> {
  if (events === 0) return;
  await using inbox = await openInbox({ file: join(folder, 'inbox.db'), livemode: 'any' });
  for (let from = 0; from < events; from += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => {
        const event = eventNumbered(from + at, 'backlog');
        const body = Buffer.from(JSON.stringify(event, null, 2));
        return inbox.record({
          event,
          body,
          signature: '',
          timestamp: 0,
          secretId: '',
          remoteAddress: null,
        });
      }),
    );
  }
}

/** Subscriptions of a thousand customers: about 5 KB each, as they come from Stripe. */
function eventNumbered(number: number, name: string) {
  const customer = `cus_${number % 1_000}`;
  return eventLike(1, { id: `evt_${name}_${number}`, object: { id: `sub_${number}`, customer } });
}

function shots(count: number, name: string): Shot[] {
  return Array.from({ length: count }, (_, number) => {
    const body = Buffer.from(JSON.stringify(eventNumbered(number, name), null, 2));
    return { body, signature: sign(body, { secrets: [SECRET] }) };
  });
}
