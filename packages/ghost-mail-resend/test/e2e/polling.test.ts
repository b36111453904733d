import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type GhostInstall, installGhost } from '@prosora/ghost-local';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { recordEvents } from '../../src/events.ts';
import { openMailStore } from '../../src/store.ts';
import {
  API_KEY,
  DOMAIN,
  type MailLab,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../bridge-with-resend.ts';

/** Where Ghost polls from: every five minutes, as its schedule does. */
const POLL_MS = 300_000;
const START = Date.UTC(2027, 0, 5, 9);
const SECOND = 1_000;

let install: GhostInstall;
let lab: MailLab;

beforeAll(async () => {
  install = await installGhost();
});
afterEach(() => void vi.useRealTimers());
afterAll(() => lab?.[Symbol.asyncDispose]());

interface Seen {
  id: string;
}

/** Ghost's own client and analytics service, over HTTP to the bridge, with its cursor in memory. */
function ghostPoller(url: string, seen: Map<string, number>) {
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
  const jobs: Record<string, Record<string, Date>> = {};
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
  return async () => {
    await service.fetchLatestOpenedEvents({ maxEvents: 10_000 });
    await service.fetchLatestNonOpenedEvents({ maxEvents: 10_000 });
    await service.fetchMissing({ maxEvents: 10_000 });
  };
}

interface FetchEvents {
  batchHandler: (events: unknown[]) => Promise<void>;
  begin: Date;
  end: Date;
  maxEvents: number;
  events?: string[];
}

/** When events arrive, in ms after the start: what happened long before comes as late as the rest. */
const SCENARIOS: Record<string, (count: number) => number[]> = {
  'all within a minute': (count) =>
    Array.from({ length: count }, (_, at) => 60_000 + (at * 60_000) / count),
  'all in one second': (count) =>
    Array.from({ length: count }, (_, at) => 90_000 + (at * SECOND) / count),
  'a few a minute over two hours': (count) =>
    Array.from({ length: count }, (_, at) => 60_000 + (at * 7_200_000) / count),
  'right around each poll': (count) =>
    Array.from({ length: count }, (_, at) => (1 + (at % 20)) * POLL_MS - 61_500 + (at % 30) * 100),
};

describe("Ghost's own polling", () => {
  test.each(Object.entries(SCENARIOS))(
    'loses no event of those that arrive %s',
    async (_name, arrivals) => {
      lab = await startMailLab({ settings: { autoDeliver: false } });
      const members = membersOf(600);
      await post(lab, newsletterForm(members));
      await until(() => lab.resend.inbox.list().length === members.length);
      const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
      const message = await store.db.selectFrom('message').select('id').executeTakeFirstOrThrow();

      const due = arrivals(2 * members.length)
        .map((at, index) => ({
          at,
          position: index % members.length,
          type: index < members.length ? ('delivered' as const) : ('opened' as const),
        }))
        .toSorted((a, b) => a.at - b.at);
      const last = due.at(-1)?.at ?? 0;
      const seen = new Map<string, number>();
      const poll = ghostPoller(lab.bridge.url, seen);
      vi.useFakeTimers({ toFake: ['Date'] });
      for (let next = POLL_MS; next <= last + 4 * POLL_MS; next += POLL_MS) {
        const arriving = due.filter(({ at }) => at > next - POLL_MS && at <= next);
        await store.transaction(async (tx) => {
          for (const { at, position, type } of arriving) {
            const subject = { messageId: message.id, position, site: 'ghost', domain: DOMAIN };
            await recordEvents(tx, subject, [{ type, kind: type }], {
              occurredAt: START,
              now: START + at,
            });
          }
        });
        vi.setSystemTime(START + next);
        await poll();
      }
      vi.useRealTimers();
      const stored = await store.db.selectFrom('event').select('id').execute();
      expect(stored).toHaveLength(2 * members.length);
      expect(stored.filter(({ id }) => !seen.has(id))).toEqual([]);
      await store.close();
      await lab[Symbol.asyncDispose]();
    },
  );
});
