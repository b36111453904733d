import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type GhostInstall, installGhost } from '@prosora/ghost-local';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { acceptMessage } from '../../src/accept/accept.ts';
import { recordEvents } from '../../src/store/events.ts';
import type { Message } from '../../src/store/message.ts';
import {
  API_KEY,
  DOMAIN,
  type MailLab,
  membersOf,
  startMailLab,
} from '../fixtures/bridge-with-resend.ts';

const { soak } = inject('proof');

/** Where Ghost polls from: every five minutes, as its schedule does. */
const POLL_MS = 300_000;
const START = Date.UTC(2027, 0, 5, 9);
const SECOND = 1_000;

let install: GhostInstall;
let lab: MailLab;
let next = 0;

beforeAll(async () => {
  install = await installGhost();
  lab = await startMailLab();
  // Nothing is to be sent: events come by the scenarios alone.
  lab.resend.faults.set([
    { match: {}, fault: { status: 429, headers: { 'retry-after': '86400' } } },
  ]);
});
afterEach(() => void vi.useRealTimers());
afterAll(() => lab?.[Symbol.asyncDispose]());

interface GhostPoller {
  poll(): Promise<void>;
  restart(): GhostPoller;
}

interface Seen {
  id: string;
}

/** Ghost's own client and analytics service, over HTTP to the bridge, with its cursor in memory. */
function ghostPoller(
  url: string,
  seen: Map<string, number>,
  jobs: Record<string, Record<string, Date>> = {},
): GhostPoller {
  const require = createRequire(join(install.dir, 'package.json'));
  // Ghost would otherwise write a line for every poll.
  require('@tryghost/logging').info = () => undefined;
  const services = './core/server/services';
  const MailgunClient = require(`${services}/lib/mailgun-client.js`);
  const { EmailAnalyticsService } = require(
    `${services}/email-analytics/email-analytics-service.js`,
  );
  const mailgun = { baseUrl: `${url}/v3`, apiKey: API_KEY, domain: DOMAIN };
  const config = { get: (key: string) => (key === 'bulkEmail' ? { mailgun } : undefined) };
  const client = new MailgunClient({ config, settings: { get: () => null } });
  const cursor = async (job: string) => jobs[job]?.['finished'] ?? jobs[job]?.['started'] ?? null;
  const service = new EmailAnalyticsService({
    cursorSeed: { tableName: 'email_recipients', eventColumns: {} },
    jobNames: {
      latestNonOpened: 'others',
      missing: 'missing',
      latestOpened: 'opened',
      scheduled: 'scheduled',
    },
    queries: {
      getLastJobRunTimestamp: cursor,
      getLastEventTimestamp: cursor,
      setJobTimestamp: async (job: string, field: string, date: Date) => {
        jobs[job] = { ...jobs[job], [field]: date };
      },
      setJobStatus: async () => undefined,
      setJobMetadata: async () => undefined,
      getJobData: async () => null,
    },
    // As core/server/services/email-analytics/fetch-mailgun-events.js asks.
    fetchEvents: ({ batchHandler, begin, end, maxEvents, events }: FetchEvents) =>
      client.fetchEvents(
        {
          limit: 300,
          event: (events ?? ['delivered', 'opened', 'failed', 'unsubscribed', 'complained']).join(
            ' OR ',
          ),
          tags: 'bulk-email',
          begin: begin.getTime() / 1000,
          end: end.getTime() / 1000,
          ascending: 'yes',
        },
        batchHandler,
        { maxEvents },
      ),
    createEventProcessor: () => ({
      processBatch: async (
        events: (Seen & { timestamp: Date })[],
        _result: unknown,
        fetchData: { lastEventTimestamp?: Date },
      ) => {
        for (const { id, timestamp } of events) {
          seen.set(id, (seen.get(id) ?? 0) + 1);
          if (!fetchData.lastEventTimestamp || timestamp > fetchData.lastEventTimestamp) {
            fetchData.lastEventTimestamp = timestamp;
          }
        }
      },
    }),
  });
  return {
    async poll() {
      await service.fetchLatestOpenedEvents({ maxEvents: 10_000 });
      await service.fetchLatestNonOpenedEvents({ maxEvents: 10_000 });
      await service.fetchMissing({ maxEvents: 10_000 });
    },
    /** As after a restart: what was in memory is gone, what was in the database is there. */
    restart: () => ghostPoller(url, seen, jobs),
  };
}

const NEWSLETTER: Omit<Message, 'emailId' | 'recipients'> = {
  template: { from: 'a@b.c', replyTo: null, subject: '', html: 'x', text: null, headers: {} },
  tags: ['bulk-email'],
  lane: 'newsletter',
  trackOpens: true,
  deliverAt: null,
};

interface FetchEvents {
  batchHandler: (events: unknown[]) => Promise<void>;
  begin: Date;
  end: Date;
  maxEvents: number;
  events?: string[];
}

interface Scenario {
  members: number;
  /** When events arrive, in ms after the start: what happened long before comes as late as the rest. */
  arrivals: (count: number) => number[];
  /** Ghost begins anew so often, with what it has on disk. */
  restartEveryMs?: number;
  /** The clock of the bridge, by that of Ghost. */
  bridgeClock?: (now: number) => number;
}

const spread = (count: number, from: number, over: number) =>
  Array.from({ length: count }, (_, at) => from + (at * over) / count);

/** Deliveries within minutes, and opens of which one in ten comes late. */
const tenthLate = (lateMs: number) => (count: number) => {
  const half = count / 2;
  const deliveries = spread(half, 60_000, 120_000);
  const opens = spread(half, 90_000, 1_800_000);
  return [...deliveries, ...opens].map((at, index) => (index % 10 === 3 ? at + lateMs : at));
};

const MINUTE = 60 * SECOND;

/** Those of the simulations that found the rule, and the last two of our own. */
const SCENARIOS: Record<string, Scenario> = {
  'within a minute': { members: 600, arrivals: (count) => spread(count, MINUTE, MINUTE) },
  'a tenth 5 minutes late': { members: 600, arrivals: tenthLate(5 * MINUTE) },
  'a tenth 20 minutes late': { members: 600, arrivals: tenthLate(20 * MINUTE) },
  'a tenth 29 minutes late': { members: 600, arrivals: tenthLate(29 * MINUTE) },
  'a tenth 35 minutes late': { members: 600, arrivals: tenthLate(35 * MINUTE) },
  'a tenth 2 hours late': { members: 600, arrivals: tenthLate(120 * MINUTE) },
  'a tenth 10 hours late': { members: 600, arrivals: tenthLate(600 * MINUTE) },
  'one open a second after all was delivered': {
    members: 1_000,
    arrivals: (count) => [
      ...spread(count / 2, MINUTE, MINUTE),
      ...spread(count / 2, 5 * MINUTE, (count / 2) * SECOND),
    ],
  },
  'four opens a second after all was delivered': {
    members: 2_000,
    arrivals: (count) => [
      ...spread(count / 2, MINUTE, MINUTE),
      ...spread(count / 2, 5 * MINUTE, (count / 8) * SECOND),
    ],
  },
  '40,000 in 80 seconds': {
    members: 20_000,
    arrivals: (count) => spread(count, MINUTE, 80 * SECOND),
  },
  '15,000 in one second': {
    members: 7_500,
    arrivals: (count) => spread(count, 90 * SECOND, SECOND),
  },
  'over hours while Ghost is restarted each hour': {
    members: 600,
    arrivals: tenthLate(150 * MINUTE),
    restartEveryMs: 60 * MINUTE,
  },
  'right around each poll': {
    members: 600,
    arrivals: (count) =>
      Array.from(
        { length: count },
        (_, at) => (1 + (at % 20)) * POLL_MS - 61_500 + (at % 30) * 100,
      ),
  },
  'while the clock of the bridge steps back and forth by 50 seconds': {
    members: 600,
    arrivals: tenthLate(20 * MINUTE),
    bridgeClock: (now) => now + (Math.floor(now / (7 * MINUTE)) % 2 === 0 ? 0 : -50 * SECOND),
  },
};

/** Webhooks come one by one: no transaction holds the bridge up for long. */
function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += 250) yield all.slice(at, at + 250);
}

describe("Ghost's own polling", () => {
  test.each(Object.entries(SCENARIOS))(
    'loses no event that arrives %s',
    async (_name, scenario) => {
      const { members, arrivals, restartEveryMs, bridgeClock = (now) => now } = scenario;
      const count = Math.ceil(members / (soak ? 1 : 10));
      const emailId = `scenario-${next++}`;
      const addresses = membersOf(count);
      const site = 'ghost';
      const { store, queues } = await lab.look();
      const accepted = await acceptMessage(
        { store, queues, now: Date.now },
        { site, domain: DOMAIN },
        {
          ...NEWSLETTER,
          emailId,
          recipients: addresses.map((address) => ({ address, variables: {} })),
        },
      );
      const subject = { messageId: accepted.messageId, site, domain: DOMAIN };
      const due = arrivals(2 * count)
        .map((at, index) => ({
          at,
          position: index % count,
          type: index < count ? ('delivered' as const) : ('opened' as const),
        }))
        .toSorted((a, b) => a.at - b.at);
      const last = due.at(-1)?.at ?? 0;
      const seen = new Map<string, number>();
      let poller = ghostPoller(lab.bridge.url, seen);
      // Each scenario is later than the one before, as the events of one store are.
      const start = START + next * 30 * 24 * 60 * MINUTE;
      vi.useFakeTimers({ toFake: ['Date'] });
      for (let at = POLL_MS; at <= last + 4 * POLL_MS; at += POLL_MS) {
        const arriving = due.filter((each) => each.at > at - POLL_MS && each.at <= at);
        for (const some of slices(arriving)) {
          await store.transaction(async (tx) => {
            for (const { at: arrivesAt, position, type } of some) {
              const now = bridgeClock(start + arrivesAt);
              const event = [{ type, kind: type }];
              await recordEvents(tx, { ...subject, position }, event, { occurredAt: start, now });
            }
          });
        }
        vi.setSystemTime(start + at);
        if (restartEveryMs && at % restartEveryMs === 0) poller = poller.restart();
        await poller.poll();
      }
      vi.useRealTimers();
      const stored = await store.db
        .selectFrom('event')
        .select('id')
        .where('message_id', '=', accepted.messageId)
        .execute();
      expect(stored).toHaveLength(2 * count);
      expect(stored.filter(({ id }) => !seen.has(id))).toEqual([]);
    },
  );
});
