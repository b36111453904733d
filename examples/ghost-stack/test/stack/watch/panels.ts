import type { AdminClient } from '@prosora/ghost-local';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { questions } from '../../read-dashboards.ts';
import { addressOf, connectStripe, startBusySite } from '../busy-site.ts';
import { askEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { DOMAIN } from '../stack.ts';
import { askMetrics } from './watch.ts';

const LABEL = `panels-${Date.now()}`;
const PATIENCE = { timeout: 150_000, interval: 2_000 };

/** What may show nothing here, by what is asked for, and why. */
const MAY_BE_EMPTY: Record<string, string> = {
  'count by (alertname)': 'nothing is wrong',
  prosora_stripe_held_events: 'no event has to wait for a person',
  prosora_backup_newest_seconds: 'no backup was taken',
  prosora_backup_proven_seconds: 'no backup was restored for a proof',
  prosora_task_end_seconds: 'no job of ops has run',
  prosora_task_failed: 'no job of ops has run',
};

const isExcused = (expr: string) => Object.keys(MAY_BE_EMPTY).some((name) => expr.includes(name));

/** Grafana's own word for a window with some scrapes in it. */
const windowed = (expr: string) => expr.replaceAll('$__rate_interval', '1m');

type Question = (typeof questions)[number];

/** Which do not answer now. @throws what cannot be understood */
async function unanswered(asked: readonly Question[]): Promise<Question[]> {
  const missing: Question[] = [];
  for (const question of asked) {
    const series = await askMetrics(windowed(question.expr));
    if (series.length === 0 && !isExcused(question.expr)) missing.push(question);
  }
  return missing;
}

describe('the dashboards', () => {
  let admin: AdminClient;

  beforeAll(async () => {
    admin = await signIn();
    await connectStripe(admin);
    for (const reader of ['one', 'two']) {
      const email = addressOf(`${LABEL}-${reader}`);
      await admin.members.add({ email, labels: [{ name: LABEL }] });
    }
    const site = await startBusySite(admin, LABEL);
    const wasDone = (what: string) =>
      site.journal.some((one) => one.what === what && one.answeredAt !== undefined);
    await vi.waitUntil(() => ['newsletter', 'payment', 'hit'].every(wasDone), PATIENCE);
    await site.stop();
    // What is refused, and what comes from memory.
    const route = { method: 'POST', body: '{}' };
    await askEdge('/members/webhooks/stripe/', route);
    await askEdge('/webhooks/resend', route);
    await askEdge('/', { host: DOMAIN });
  });

  /** Another chart each time, since one that was asked before is remembered. */
  async function lookAtChart(daysAgo: number): Promise<void> {
    const day = new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
    await admin.stats('top-content', { date_from: day, date_to: day, timezone: 'Etc/UTC' });
  }

  test('have numbers in every panel', async () => {
    // What was done once is within the window of some for a minute, and others are read once a minute.
    let left = questions;
    let days = 0;
    await vi.waitFor(async () => {
      await lookAtChart(days++);
      left = await unanswered(left);
      expect(left).toEqual([]);
    }, PATIENCE);
  });
});
