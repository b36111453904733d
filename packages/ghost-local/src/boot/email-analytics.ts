import { setTimeout } from 'node:timers/promises';
import { GhostLocalError } from '../errors.ts';
import type { GhostProcess } from './ghost-process.ts';

const RETRY_AFTER_MS = 100;

/** Ghost's three kinds of mail with analytics, each with a poll of its own. */
export type EmailAnalyticsKind = 'newsletters' | 'automations' | 'gifts';

/** What the parent sends to the preload. */
export interface AnalyticsRequest {
  prosora: 'fetch-email-analytics';
  id: string;
  kind: EmailAnalyticsKind;
}

/** What the preload answers when Ghost's fetch is over. */
export interface AnalyticsReply {
  prosora: 'email-analytics-fetched';
  id: string;
  error?: string;
}

/** `jobType` of each kind in Ghost's `core/server/services/email-analytics/index.js`. */
const JOB_TYPES = {
  newsletters: 'email-analytics-fetch-latest',
  automations: 'email-analytics-automation-fetch-latest',
  gifts: 'email-analytics-gift-fetch-latest',
} as const satisfies Record<EmailAnalyticsKind, string>;

/**
 * Makes Ghost fetch e-mail events now, by its own code, and resolves when it has.
 *
 * @throws GhostLocalError `EMAIL_ANALYTICS_FAILED` with what Ghost logged, since Ghost itself only
 * logs a failed fetch; `GHOST_NOT_RUNNING`
 */
export async function fetchEmailAnalytics(
  ghost: GhostProcess,
  kind: EmailAnalyticsKind,
): Promise<void> {
  const logStart = await ghost.log.size();
  const id = crypto.randomUUID();
  const request: AnalyticsRequest = { prosora: 'fetch-email-analytics', id, kind };
  const reply = await ghost.ask<AnalyticsRequest, AnalyticsReply>(request);

  const lines = await ghost.log.since(logStart);
  const failure = reply.error ?? lines.find((line) => line.includes(`${JOB_TYPES[kind]} failed`));
  if (failure) {
    throw new GhostLocalError('EMAIL_ANALYTICS_FAILED', `Ghost could not fetch: ${failure}`, {
      help: `Read the end of ${ghost.log.file}.`,
    });
  }
  if (lines.some((line) => line.includes(`${JOB_TYPES[kind]} skipped`))) {
    // A fetch of Ghost's own schedule was under way, and may have missed what is asked for now.
    await setTimeout(RETRY_AFTER_MS);
    await fetchEmailAnalytics(ghost, kind);
  }
}
