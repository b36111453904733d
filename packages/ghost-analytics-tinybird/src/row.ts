import { randomUUID } from 'node:crypto';
import type { PageHit } from './page-hit.ts';
import { readReferrer } from './referrer.ts';
import { readUserAgent } from './user-agent.ts';

/** What the server knows of a hit besides what the browser said. */
export interface HitFacts {
  /** The visitor's id of the day. */
  visitorId: string;
  userAgent: string;
  receivedAt: Date;
  /** When the edge got the hit: the header `x-ghost-analytics-start`, milliseconds since 1970. */
  edgeStart?: string | undefined;
}

/**
 * The row for Ghost's data source `analytics_events` (core/server/data/tinybird), with the fields that
 * TryGhost/TrafficAnalytics writes. The time is ours: browsers' clocks are off.
 */
export function rowOf({ action, version, payload }: PageHit, facts: HitFacts) {
  return {
    timestamp: facts.receivedAt.toISOString(),
    action,
    version,
    site_uuid: payload.site_uuid,
    session_id: facts.visitorId,
    payload: {
      ...payload,
      event_id: payload.event_id || randomUUID(),
      meta: { received_timestamp: edgeTime(facts.edgeStart) },
      ...readUserAgent(facts.userAgent),
      ...readReferrer(payload.parsedReferrer),
      'user-agent': facts.userAgent,
    },
  };
}

const LATEST_MS = 8.64e15; // what Date can hold

function edgeTime(start: string | undefined): string | null {
  const ms = /^\d{1,16}/.exec(start ?? '')?.[0];
  return ms === undefined || Number(ms) > LATEST_MS ? null : new Date(Number(ms)).toISOString();
}
