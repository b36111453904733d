import { randomUUID } from 'node:crypto';
import { type ColumnTimes, timesOf } from '../project/column-times.ts';
import type { PageHit } from './page-hit.ts';
import { readReferrer } from './referrer.ts';
import { remember } from './remember.ts';
import { readUserAgent } from './user-agent.ts';

/** What the server knows of a hit besides what the browser said. */
export interface HitFacts {
  /** The visitor's id of the day. */
  visitorId: string;
  userAgent: string;
  /** As ISO 3166-1 alpha-2. */
  country: string | null;
  receivedAt: Date;
  /**
   * When the edge got the hit: the header `x-ghost-analytics-start`, milliseconds since 1970. Only of a proxy that
   * is trusted.
   */
  edgeStart?: string | undefined;
}

/**
 * The row for Ghost's data source `analytics_events` (core/server/data/tinybird), with the fields that
 * TryGhost/TrafficAnalytics writes. The time is ours: browsers' clocks are off.
 */
export function rowOf({ action, version, payload }: PageHit, facts: HitFacts) {
  const parsedReferrer = payload.parsedReferrer && {
    ...payload.parsedReferrer,
    url: publicReferrer(payload.parsedReferrer.url),
  };
  const receivedMs = within(TIMES, facts.receivedAt.getTime());
  return {
    timestamp: new Date(receivedMs).toISOString(),
    action,
    version,
    site_uuid: payload.site_uuid,
    session_id: facts.visitorId,
    payload: {
      ...payload,
      // Read for the country, and left out of the JSON.
      timezone: undefined,
      href: publicPartOf(payload.href),
      referrer: publicReferrer(payload.referrer),
      parsedReferrer,
      location: facts.country,
      event_id: payload.event_id || randomUUID(),
      meta: { received_timestamp: edgeTime(facts.edgeStart, receivedMs) },
      'user-agent': facts.userAgent,
      ...readUserAgent(facts.userAgent),
      ...readReferrer(parsedReferrer),
    },
  };
}

/** What says where a reader came from; anything else in an address may be a secret, as in a sign-in link. */
const TELLING = /^(?:utm_\w+|ref|source)=/;

const publicPartOf = remember((href) => {
  const [address = ''] = href.split('#', 1);
  const at = address.indexOf('?');
  if (at < 0) return address;
  const kept = address
    .slice(at + 1)
    .split('&')
    .filter((pair) => TELLING.test(pair));
  const page = address.slice(0, at);
  return kept.length === 0 ? page : `${page}?${kept.join('&')}`;
});

/** Where a reader came from is an address, or the word that `?ref=` gave for it. */
function publicReferrer(from: string | null): string | null {
  if (from === null) return null;
  const part = publicPartOf(from);
  return part !== from && URL.canParse(from) ? part : from;
}

/** Of the table. Ghost's view also turns the edge's time into one (core/server/data/tinybird/pipes/mv_hits.pipe). */
const TIMES = timesOf('analytics_events', 'timestamp');
/** No edge holds a hit for as long, and the clocks of two machines are not as far apart. */
const EDGE_MS = 86_400_000;

/** Nothing for a time that is none, or not of this hit. */
function edgeTime(start: string | undefined, receivedMs: number): string | null {
  const ms = Number(/^\d{1,16}/.exec(start ?? '')?.[0] ?? Number.NaN);
  const isOfThisHit = Math.abs(ms - receivedMs) <= EDGE_MS && ms === within(TIMES, ms);
  return isOfThisHit ? new Date(ms).toISOString() : null;
}

function within({ first, last }: ColumnTimes, ms: number): number {
  return Math.min(last, Math.max(first, ms));
}
