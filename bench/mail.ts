import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Resend } from 'resend';
import { acceptMessage } from '../packages/ghost-mail-resend/src/accept.ts';
import { eventsPage } from '../packages/ghost-mail-resend/src/events-page.ts';
import type { Message } from '../packages/ghost-mail-resend/src/message.ts';
import { sendChunk } from '../packages/ghost-mail-resend/src/send.ts';
import { createSharedPace } from '../packages/ghost-mail-resend/src/shared-pace.ts';
import { openMailStore } from '../packages/ghost-mail-resend/src/store.ts';
import { type LimiterKind, startSandbox } from '../packages/sandbox/src/index.ts';
import { spawnService } from '../packages/service/src/testing.ts';
import type { Figure } from './figure.ts';

const SITE = { site: 'ghost', domain: 'mg.example.com' };
const KEY = 'a-key-for-the-bench';
const AUTHORIZATION = `Basic ${Buffer.from(`api:${KEY}`).toString('base64')}`;
const CLI = join(import.meta.dirname, '..', 'packages', 'ghost-mail-resend', 'src', 'cli.ts');
const CACHE = join(import.meta.dirname, '..', '.prosora', 'bench');
const BATCH = 1_000;
const MILLION = 1_000_000;
/** A newsletter as Ghost renders it. */
const HTML = `<html><body>${'<p>Hey %recipient.name%, this is what happened at the harbour.</p>'.repeat(650)}</body></html>`;
const SMALL_HTML = '<p>Hey %recipient.name%</p>'.repeat(40);

const PARTS = {
  accept: measureAccept,
  drain: measureDrain,
  events: measureEvents,
  simulation: simulate,
  rate: measureRate,
};

/**
 * Measures the mail bridge, each part by itself with `PROSORA_BENCH_PART=accept|drain|events|simulation|rate`.
 * A store with a million recipients queued is made once and kept in `.prosora/bench`.
 */
export async function run(): Promise<Figure[]> {
  const only = process.env['PROSORA_BENCH_PART'];
  const folder = mkdtempSync(join(tmpdir(), 'prosora-bench-mail-'));
  const figures: Figure[] = [];
  try {
    for (const [name, measure] of Object.entries(PARTS)) {
      if (only === undefined || only === name) figures.push(...(await measure(folder)));
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const member = (at: number) => `member${at}@example.org`;

function variablesOf(address: string): Record<string, string> {
  const uuid = '7e2f8f0e-6a61-4d0f-9f5a-1c9be1f0a001';
  const link = `https://blog.example.com/unsubscribe/?uuid=${uuid}&key=0123456789abcdef0123456789abcdef`;
  return {
    uuid,
    name: `Name of ${address}`,
    email: address,
    list_unsubscribe: link,
    unsubscribe_url: link,
  };
}

function messageTo(from: number, count: number, emailId: string, html = HTML): Message {
  return {
    template: {
      from: 'Lab <lab@example.com>',
      replyTo: null,
      subject: 'News',
      html,
      text: 'News',
      headers: {},
    },
    recipients: Array.from({ length: count }, (_, index) => {
      const address = member(from + index);
      return { address, variables: variablesOf(address) };
    }),
    tags: ['ghost-email', 'bulk-email'],
    lane: 'newsletter',
    emailId,
    trackOpens: true,
    deliverAt: null,
  };
}

function formTo(from: number, count: number, emailId: string): FormData {
  const form = new FormData();
  const { recipients, template } = messageTo(from, count, emailId);
  for (const { address } of recipients) form.append('to', address);
  form.append('from', template.from);
  form.append('subject', 'News for %recipient.name%');
  form.append('html', HTML);
  form.append('text', 'News');
  const variables = recipients.map(({ address, variables: own }) => [address, own]);
  form.append('recipient-variables', JSON.stringify(Object.fromEntries(variables)));
  form.append('v:email-id', emailId);
  form.append('o:tag', 'bulk-email');
  return form;
}

/** A store with a million recipients of one newsletter queued. */
async function millionQueued(): Promise<string> {
  const file = join(CACHE, 'mail-million.db');
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  const dataDir = mkdtempSync(join(CACHE, 'making-'));
  const { store, queues } = await openMailStore({ dataDir });
  for (let at = 0; at < MILLION; at += BATCH) {
    const message = messageTo(at, BATCH, 'million', SMALL_HTML);
    await acceptMessage({ store, queues, now: Date.now }, SITE, message);
  }
  await store.close();
  renameSync(join(dataDir, 'mail.db'), file);
  rmSync(dataDir, { recursive: true });
  return file;
}

async function serve(dataDir: string, resendUrl: string, resendKey = 're_bench_key') {
  return spawnService(['--conditions=@prosora/source', CLI], {
    RESEND_API_KEY: resendKey,
    RESEND_BASE_URL: resendUrl,
    PROSORA_MAIL_API_KEY: KEY,
    PROSORA_MAIL_DOMAINS: SITE.domain,
    PROSORA_MAIL_DATA_DIR: dataDir,
    PROSORA_MAIL_PORT: '0',
    PROSORA_MAIL_PRIVATE_PORT: '0',
  });
}

async function post(url: string, body: FormData): Promise<void> {
  const response = await fetch(`${url}/v3/${SITE.domain}/messages`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

/** From the request to the answer, which is sent after the fsync; nothing is sent on, since Resend is away. */
async function measureAccept(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, seed] of [
    ['0', undefined],
    ['1,000,000', await millionQueued()],
  ] as const) {
    const dataDir = join(folder, `accept-${name}`);
    mkdirSync(dataDir);
    if (seed) copyFileSync(seed, join(dataDir, 'mail.db'));
    const bridge = await serve(dataDir, 'http://127.0.0.1:1');
    for (const [recipients, rounds] of [
      [1, 200],
      [100, 100],
      [1_000, 100],
    ] as const) {
      const times: number[] = [];
      for (let round = 0; round < rounds + 5; round++) {
        const body = formTo(round * recipients, recipients, `bench-${recipients}-${round}`);
        const startedAt = performance.now();
        await post(bridge.url, body);
        if (round >= 5) times.push(performance.now() - startedAt);
      }
      const p99 = quantile(times, 0.99);
      const what = `accept ${recipients.toLocaleString('en')} with ${name} queued`;
      const budget = { description: 'p99 < 150 ms', met: p99 < 150 };
      figures.push({ name: `${what}, p50`, value: quantile(times, 0.5), unit: 'ms' });
      figures.push({
        name: `${what}, p99`,
        value: p99,
        unit: 'ms',
        ...(recipients === 1_000 && { budget }),
      });
    }
    await bridge.end('SIGKILL');
  }
  return figures;
}

/** Takes 100,000 recipients and sends them to a Resend without limits, beside the SDK alone in a loop. */
async function measureDrain(folder: string): Promise<Figure[]> {
  const recipients = 100_000;
  const resend = spawn(process.execPath, [import.meta.filename, 'resend'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(resend.stdout, 'data')) as [Buffer];
  const url = String(line).trim();
  const counted = async () => Number(await (await fetch(`${url}/count`)).text());
  try {
    const dataDir = join(folder, 'drain');
    const bridge = await serve(dataDir, url);
    const rss: number[] = [];
    const startedAt = performance.now();
    let posted = 0;
    const sender = async () => {
      while (posted < recipients) {
        const from = posted;
        posted += BATCH;
        await post(bridge.url, formTo(from, BATCH, 'drain'));
      }
    };
    const posting = Promise.all([sender(), sender()]);
    while ((await counted()) < recipients) {
      rss.push(rssMb(bridge.child.pid));
      await delay(250);
    }
    await posting;
    const seconds = (performance.now() - startedAt) / 1_000;
    await bridge.end('SIGTERM');

    const before = await counted();
    const sdk = new Resend('re_bench_key', { baseUrl: url });
    const sdkStartedAt = performance.now();
    const bare = 20_000;
    for (let at = 0; at < bare; at += 100) {
      const { template, recipients: some } = messageTo(at, 100, 'bare');
      const mails = some.map(({ address, variables }) => ({
        from: template.from,
        to: [address],
        subject: 'News',
        html: HTML.replace(/%recipient\.name%/g, () => variables['name'] ?? ''),
        text: 'News',
      }));
      await sdk.batch.send(mails);
    }
    const sdkSeconds = (performance.now() - sdkStartedAt) / 1_000;
    if ((await counted()) !== before + bare) throw new Error('the SDK did not send all');
    const half = rss.slice(0, Math.floor(rss.length / 2));
    const rest = rss.slice(Math.floor(rss.length / 2));
    const peak = Math.max(...rss);
    return [
      {
        name: 'accept and drain 100,000 recipients of 45 kB',
        value: recipients / seconds,
        unit: 'recipients/s',
        yardstick: { name: 'bare SDK in a loop', value: bare / sdkSeconds },
      },
      {
        name: 'peak RSS meanwhile',
        value: peak,
        unit: 'MB',
        budget: { description: '≤ 150 MB', met: peak <= 150 },
      },
      { name: 'peak RSS in the first half', value: Math.max(...half), unit: 'MB' },
      { name: 'peak RSS in the second half', value: Math.max(...rest), unit: 'MB' },
    ];
  } finally {
    resend.kill();
  }
}

/** Pages of 300 anywhere in five million events, as Ghost asks for them. */
async function measureEvents(folder: string): Promise<Figure[]> {
  const dataDir = join(folder, 'events');
  mkdirSync(dataDir);
  copyFileSync(await millionQueued(), join(dataDir, 'mail.db'));
  const database = new DatabaseSync(join(dataDir, 'mail.db'));
  database.exec('pragma synchronous = off; pragma cache_size = -200000');
  database.exec(`
    with kinds (type, kind, plus) as (values ('delivered', 'delivered', 0), ('opened', 'opened', 300),
      ('failed', 'failed', 600), ('failed', 'suppressed', 900), ('complained', 'complained', 1200))
    insert into event (id, site, domain, stamp, type, message_id, position, kind, severity, code, reason, occurred_at)
    select message_id || '-' || position || kind, site, '${SITE.domain}',
      1800000000 + recipient.rowid / 100 + plus, type, message_id, position, kind,
      case type when 'failed' then 'permanent' end, case type when 'failed' then 550 end,
      case type when 'failed' then 'no such user' end, 0
    from kinds, recipient`);
  database.close();
  const { store } = await openMailStore({ dataDir });
  const { events } = await store.db
    .selectFrom('event')
    .select(({ fn }) => fn.countAll<number>().as('events'))
    .executeTakeFirstOrThrow();
  const times: number[] = [];
  for (let page = 0; page < 300; page++) {
    const begin = 1_800_000_000 + ((page * 7_919) % 10_000);
    const query = {
      limit: '300',
      begin: `${begin}.5`,
      end: `${begin + 300}`,
      ascending: 'yes',
      event: 'delivered OR failed OR unsubscribed OR complained',
      tags: 'bulk-email',
    };
    const startedAt = performance.now();
    const { items } = await eventsPage(store, {
      ...SITE,
      query,
      url: 'http://localhost/v3/x/events',
    });
    times.push(performance.now() - startedAt);
    if (items.length !== 300) throw new Error(`a page has ${items.length}`);
  }
  await store.close();
  return [
    {
      name: `a page of 300 in ${Number(events).toLocaleString('en')} events, p50`,
      value: quantile(times, 0.5),
      unit: 'ms',
    },
    { name: 'the same, p99', value: quantile(times, 0.99), unit: 'ms' },
  ];
}

/** A million members on a clock that only sleeping moves: real rows, bytes and fsyncs, no network. */
async function simulate(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const limit of [5, 10, 100]) {
    const dataDir = join(folder, `simulation-${limit}`);
    mkdirSync(dataDir);
    copyFileSync(await millionQueued(), join(dataDir, 'mail.db'));
    let now = Date.now();
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const { store, queues } = await openMailStore({ dataDir }, clock);
    const rate = { limit, remaining: limit, resetMs: null, windowMs: 1_000 };
    let sent = 0;
    const resend = {
      send: async (bytes: Uint8Array) => {
        const count = (JSON.parse(Buffer.from(bytes).toString()) as unknown[]).length;
        const data = Array.from({ length: count }, () => ({ id: `id-${sent++}` }));
        return { status: 200, name: null, message: '', body: { data }, rate, retryAfterMs: null };
      },
    };
    const context = { store, queues, resend, pace: createSharedPace(store, clock), clock };
    const simulatedFrom = now;
    const startedAt = performance.now();
    let peak = 0;
    for (;;) {
      const jobs = await queues.chunks.claim(3, 30_000);
      if (jobs.length === 0) break;
      for (const job of jobs) {
        const { also, ...settlement } = await sendChunk(context, job, new AbortController().signal);
        if (settlement.kind !== 'done') throw new Error(JSON.stringify(settlement));
        await queues.chunks.settle(job, settlement, also ? { also } : {});
      }
      peak = Math.max(peak, rssMb(process.pid));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    await store.close();
    if (sent !== MILLION) throw new Error(`${sent} were sent`);
    const at = `1,000,000 members at ${limit}/s`;
    const disk = statSync(join(dataDir, 'mail.db')).size / 1024 ** 2;
    figures.push(
      {
        name: `${at}: simulated time`,
        value: (now - simulatedFrom) / 60_000,
        unit: 'min',
        yardstick: { name: 'the limit alone', value: MILLION / 100 / limit / 60 },
      },
      { name: `${at}: work of ours`, value: seconds, unit: 's' },
      { name: `${at}: disk`, value: disk, unit: 'MB' },
      { name: `${at}: peak RSS of the bench`, value: peak, unit: 'MB' },
    );
    rmSync(dataDir, { recursive: true });
  }
  return figures;
}

/** Against the stand-in's limiters with 50 to 300 ms there and back, while a newsletter is queued. */
async function measureRate(folder: string): Promise<Figure[]> {
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
    minLatencyMs: 50,
    maxLatencyMs: 300,
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
  return [
    {
      name: `${limiter}: share of ${limit}/s that is used`,
      value: 100 * share,
      unit: '%',
      budget: { description: '≥ 95 %', met: share >= 0.95 },
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

function rssMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A Resend without limits that keeps nothing, as a process of its own. */
function serveResend(): void {
  let taken = 0;
  const server = createServer((request, response) => {
    if (request.url === '/count') return void response.end(String(taken));
    const pieces: Buffer[] = [];
    request
      .on('data', (piece) => pieces.push(piece))
      .on('end', () => {
        const mails = JSON.parse(Buffer.concat(pieces).toString()) as unknown[];
        const data = mails.map(() => ({ id: `id-${taken++}` }));
        const headers = {
          'content-type': 'application/json',
          'ratelimit-limit': '1000',
          'ratelimit-remaining': '1000',
        };
        response.writeHead(200, headers).end(JSON.stringify({ data }));
      });
  });
  server.listen(0, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  });
}

if (process.argv[2] === 'resend' && process.argv[1] === import.meta.filename) serveResend();
