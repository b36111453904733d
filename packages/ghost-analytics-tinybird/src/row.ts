import { randomUUID } from 'node:crypto';
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
  /** When the edge got the hit: the header `x-ghost-analytics-start`, milliseconds since 1970. */
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
  return {
    timestamp: facts.receivedAt.toISOString(),
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
      meta: { received_timestamp: edgeTime(facts.edgeStart) },
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

const LATEST_MS = 8.64e15; // what Date can hold

function edgeTime(start: string | undefined): string | null {
  const ms = /^\d{1,16}/.exec(start ?? '')?.[0];
  return ms === undefined || Number(ms) > LATEST_MS ? null : new Date(Number(ms)).toISOString();
}
