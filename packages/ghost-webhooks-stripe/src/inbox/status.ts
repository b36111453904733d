import type { JobState } from '@prosora/durable';
import type { ClockDoubt } from '@prosora/service';
import { adviceOn } from './clock.ts';
import type { HoldReason } from './ghost-events.ts';
import type { Inbox } from './inbox.ts';

/** Where the inbox stands. */
export interface InboxStatus {
  /** Events that were acknowledged, all in all. */
  events: number;
  /** Events not sent to Ghost, by reason. */
  held: Partial<Record<HoldReason, number>>;
  /** Deliveries to Ghost, by state. */
  deliveries: Partial<Record<JobState, number>>;
  /** Jobs of the handlers and of the analytics, by sink and state. */
  sinks: Record<string, Partial<Record<JobState, number>>>;
  /** Monthly recurring revenue by currency, in its smallest unit, where it is counted. */
  mrr: Record<string, number>;
  /** When the oldest event that Ghost still has to get came in. */
  oldestPending: Date | null;
  /** What is wrong with the machine's clock, as a sentence. */
  clock: string | null;
}

/** Reads where the inbox stands. */
export async function readStatus(
  inbox: Inbox,
  doubt: ClockDoubt | undefined,
): Promise<InboxStatus> {
  const [counts, all, oldest, mrr] = await Promise.all([
    inbox.counts(),
    inbox.sinkCounts(),
    inbox.deliveries.oldestPending(),
    inbox.revenue(),
  ]);
  const { ghost: deliveries = {}, ...sinks } = all;
  return {
    ...counts,
    deliveries,
    sinks,
    mrr,
    oldestPending: oldest ?? null,
    clock: doubt ? adviceOn(doubt) : null,
  };
}

/** The status as lines for a person. */
export function formatStatus(status: InboxStatus): string {
  const { events, held, deliveries, sinks, mrr, oldestPending, clock } = status;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const others = Object.entries(sinks).map(([sink, counts]) => `${sink}: ${list(counts)}\n`);
  const revenue = Object.keys(mrr).length > 0 ? `MRR          ${list(mrr)}\n` : '';
  return `Events       ${events}
Held         ${list(held)}
Deliveries   ${list(deliveries)}
Oldest open  ${oldestPending?.toISOString() ?? 'none'}
${others.join('')}${revenue}${clock === null ? '' : `Clock        ${clock}\n`}`;
}
