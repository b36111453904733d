import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@prosora/durable';
import { hasTestServer, startTestServer, type TestServer } from '@prosora/durable/testing';
import { type Resend, type ResendSettingsInput, startSandbox } from '@prosora/sandbox';
import { createLogger } from '@prosora/service';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { acceptMessage } from '../src/accept/accept.ts';
import { parseMessage } from '../src/accept/parse-message.ts';
import { type MailBridge, type MailBridgeOptions, startMailBridge } from '../src/bridge.ts';
import { type MailPlace, type OpenedMailStore, openMailStore } from '../src/store/store.ts';

export const DOMAIN = 'mg.lab.example.com';
export const API_KEY = 'key-lab-0123456789-and-more';
export const AUTHORIZATION = `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}`;

/** Fast enough that no test waits for Resend's limit, unless it is about that. */
const SETTINGS: ResendSettingsInput = { requestsPerSecond: 500, webhookRetriesMs: [50, 50, 50] };

export interface MailLab extends AsyncDisposable {
  bridge: MailBridge;
  resend: Resend;
  /** All that the bridge has logged. */
  log: string[];
  dir: string;
  place: MailPlace;
  /** The bridge's store, opened a second time; closed with the lab. */
  look(): Promise<OpenedMailStore>;
  /** Starts a second bridge beside the first, on the same database; stopped with the lab. */
  another(): Promise<MailBridge>;
  /** Starts the bridge anew on its folder. */
  restart(): Promise<void>;
}

/** The Resend stand-in and a bridge in front of it, each with its webhooks set. */
export async function startMailLab(
  options: {
    settings?: ResendSettingsInput;
    clock?: Clock;
    /** (Default: a folder of its own) */
    place?: MailPlace | undefined;
    bridge?: Partial<MailBridgeOptions>;
  } = {},
): Promise<MailLab> {
  const dir = await mkdtemp(join(tmpdir(), 'mail-lab-'));
  const settings = { ...SETTINGS, ...options.settings };
  const sandbox = await startSandbox({
    port: 0,
    dataDir: join(dir, 'sandbox'),
    vendors: { resend: { settings, domains: ['lab.example.com'] } },
  });
  const { resend } = sandbox;
  const place = { mayBeNew: true, ...(options.place ?? { dataDir: join(dir, 'mail') }) };
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const start = async () => {
    const started = await startMailBridge({
      sites: [{ name: 'ghost', apiKey: API_KEY, domains: [DOMAIN] }],
      resendApiKey: resend.apiKey,
      resendBaseUrl: resend.url,
      webhookSecrets: [resend.webhookSecret],
      place,
      dataDir: join(dir, 'mail'),
      host: '127.0.0.1',
      port: 0,
      privateHost: '127.0.0.1',
      privatePort: 0,
      maxMessageBytes: 8 * 1024 * 1024,
      concurrency: 3,
      logger: createLogger({ name: 'mail', destination }),
      ...(options.clock && { clock: options.clock }),
      ...options.bridge,
    });
    resend.settings.set({ webhookUrl: `${started.url}/webhooks/resend` });
    return started;
  };
  const others: MailBridge[] = [];
  let bridge = await start();
  const looking: OpenedMailStore[] = [];
  return {
    get bridge() {
      return bridge;
    },
    resend,
    log,
    dir,
    place,
    async look() {
      const opened = await openMailStore(place, options.clock);
      looking.push(opened);
      return opened;
    },
    async another() {
      const other = await start();
      others.push(other);
      return other;
    },
    async restart() {
      await bridge.stop();
      bridge = await start();
    },
    async [Symbol.asyncDispose]() {
      for (const { store } of looking) await store.close();
      for (const each of [bridge, ...others]) await each.stop();
      await sandbox.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Runs tests over a file and, where the machine has a server, over a database of it for each lab. */
export function eachPlace(define: (nextPlace: () => Promise<MailPlace | undefined>) => void): void {
  describe('in a file', () => define(async () => undefined));
  describe.skipIf(!hasTestServer)('on MySQL or MariaDB (needs mariadb-server)', () => {
    let server: TestServer;
    let places = 0;
    beforeAll(async () => {
      server = await startTestServer({ overTcp: true });
    });
    afterAll(() => server.stop());
    define(() => server.place(`mail-${places++}`));
  });
}

/** A newsletter as Ghost posts it, to so many members. */
export function newsletterForm(
  addresses: readonly string[],
  changes: Record<string, string | readonly string[] | null> = {},
): FormData {
  const variables = addresses.map((address) => [
    address,
    { name: `Name of ${address}`, list_unsubscribe: `https://blog.example.com/u/${address}` },
  ]);
  const parts = {
    to: addresses,
    from: '"Lab News" <noreply@lab.example.com>',
    subject: 'News for %recipient.name%',
    html: '<p>Hello %recipient.name%</p>',
    text: 'Hello %recipient.name%',
    'recipient-variables': JSON.stringify(Object.fromEntries(variables)),
    'h:List-Unsubscribe': '<%recipient.list_unsubscribe%>, <%tag_unsubscribe_email%>',
    'v:email-id': '6b04ac398120085ae4c38cc2',
    'o:tag': ['ghost-email', 'bulk-email'],
    'o:tracking-opens': 'yes',
    ...changes,
  };
  const form = new FormData();
  for (const [name, values] of Object.entries(parts)) {
    for (const value of [values ?? []].flat()) form.append(name, value);
  }
  return form;
}

/** The machine's clock, which a test can put forward. */
export function movableClock(): Clock & { forward(ms: number): void } {
  let offsetMs = 0;
  return {
    now: () => Date.now() + offsetMs,
    sleep: systemClock.sleep,
    forward: (ms) => {
      offsetMs += ms;
    },
  };
}

/** The clocks of a machine that goes on in real time, whose wall clock a test can set. */
export function machineClock() {
  let passedMs = 0;
  let errorMs = 0;
  const truth = () => Date.now() + passedMs;
  return {
    truth,
    now: () => truth() + errorMs,
    uptimeMs: truth,
    bootId: 'the only one',
    /** Lets time pass. */
    pass(ms: number) {
      passedMs += ms;
    },
    /** Sets the wall clock ahead, or back. */
    step(ms: number) {
      errorMs += ms;
    },
  };
}

export const membersOf = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `member${at}@example.org`);

/** Takes a form over as the bridge would, with nobody there to send it. */
export async function acceptForm(
  { store, queues }: Pick<OpenedMailStore, 'store' | 'queues'>,
  form: FormData,
  now = Date.now,
) {
  const parts = new Map<string, string[]>();
  for (const [name, value] of form) parts.set(name, [...(parts.get(name) ?? []), String(value)]);
  const origin = { site: 'ghost', domain: DOMAIN };
  return await acceptMessage({ store, queues, now }, origin, parseMessage(parts));
}

export async function post(lab: Pick<MailLab, 'bridge'>, form: FormData) {
  const response = await fetch(`${lab.bridge.url}/v3/${DOMAIN}/messages`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** The events of a page, and the address of the next. */
export interface EventsPage {
  items: {
    id: string;
    event: string;
    recipient: string;
    timestamp: number;
    'delivery-status'?: { code: number; message: string };
    [field: string]: unknown;
  }[];
  paging: Record<'previous' | 'first' | 'last' | 'next', string>;
}

export async function getEvents(lab: MailLab, query: Record<string, string> = {}) {
  const now = Math.floor(Date.now() / 1000);
  const search = new URLSearchParams({
    limit: '300',
    begin: '0',
    end: `${now + 5}`,
    ascending: 'yes',
    ...query,
  });
  return getPage(`${lab.bridge.url}/v3/${DOMAIN}/events?${search}`);
}

export async function getPage(url: string): Promise<EventsPage> {
  const response = await fetch(url, { headers: { authorization: AUTHORIZATION } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as EventsPage;
}

export const until = (condition: () => unknown) =>
  vi.waitUntil(condition, { timeout: 20_000, interval: 20 });

/** Waits until so many mails are delivered and the bridge has been told of each. */
export const delivered = (resend: Resend, count: number) =>
  until(() => {
    const done = resend.inbox.list().filter(({ lastEvent }) => lastEvent === 'delivered');
    return done.length === count && resend.pendingWebhooks() === 0;
  });

/** How many mails each address got. */
export function mailsByAddress(resend: Resend): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { to } of resend.inbox.list()) {
    for (const address of to) counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return counts;
}
