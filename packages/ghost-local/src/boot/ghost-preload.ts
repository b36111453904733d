/**
 * Runs inside Ghost's process, before Ghost, by way of `node --import`. It changes nothing in Ghost:
 * it ends Ghost when its parent is gone, and dispatches Ghost's own event that fetches e-mail
 * analytics when the parent asks for it, since Ghost's schedule starts at a random minute.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type { AnalyticsReply, AnalyticsRequest, EmailAnalyticsKind } from './email-analytics.ts';

/** Class and file of Ghost's start events, below `core/server/services/email-analytics/events`. */
const START_EVENTS = {
  newsletters: ['StartEmailAnalyticsJobEvent', 'start-email-analytics-job-event'],
  automations: [
    'StartAutomationEmailAnalyticsJobEvent',
    'start-automation-email-analytics-job-event',
  ],
  gifts: ['StartGiftEmailAnalyticsJobEvent', 'start-gift-email-analytics-job-event'],
} as const satisfies Record<EmailAnalyticsKind, readonly [string, string]>;

// Ghost's job workers inherit the preload; only the main thread has the channel to the parent.
if (isMainThread && process.send) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.on('message', (message: AnalyticsRequest) => {
    if (message.prosora === 'fetch-email-analytics') void answer(message);
  });
}

async function answer(request: AnalyticsRequest) {
  const reply: AnalyticsReply = { prosora: 'email-analytics-fetched', id: request.id };
  try {
    await fetchEmailAnalytics(request.kind);
  } catch (error) {
    reply.error = String(error);
  }
  process.send?.(reply);
}

/**
 * `DomainEvents.dispatch` of `@tryghost/domain-events` drops the promises of its listeners. Calling
 * the same listeners with the same event keeps them, so the parent learns when the fetch is over.
 */
async function fetchEmailAnalytics(kind: EmailAnalyticsKind) {
  const requireFromGhost = createRequire(`${process.cwd()}/current/index.js`);
  const domainEvents = requireFromGhost('@tryghost/domain-events');
  const [name, file] = START_EVENTS[kind];
  const events = requireFromGhost(`./core/server/services/email-analytics/events/${file}`);
  const event = events[name].create();
  for (const listener of domainEvents.ee.listeners(name)) await listener(event);
}
