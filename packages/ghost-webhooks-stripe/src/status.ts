import type { JobRecord, JobState } from '@prosora/durable';
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
  /** When the oldest event that Ghost still has to get came in. */
  oldestPending: Date | null;
}

/** Reads where the inbox stands. */
export async function readStatus(inbox: Inbox): Promise<InboxStatus> {
  const [counts, deliveries, oldest] = await Promise.all([
    inbox.counts(),
    inbox.deliveries.counts(),
    inbox.deliveries.oldestPending(),
  ]);
  return { ...counts, deliveries, oldestPending: oldest ?? null };
}

/** The status as lines for a person. */
export function formatStatus({ events, held, deliveries, oldestPending }: InboxStatus): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return `Events       ${events}
Held         ${list(held)}
Deliveries   ${list(deliveries)}
Oldest open  ${oldestPending?.toISOString() ?? 'none'}
`;
}

/** An event that Ghost did not get. */
export interface Undelivered {
  id: string;
  state: 'dead' | 'ambiguous' | 'held';
  reason: string;
  /** The customer it is about. */
  customer: string | null;
}

const GIVEN_UP = ['dead', 'ambiguous'] as const satisfies JobState[];

/** Lists the events that Ghost will not get by itself, oldest first. */
export async function listUndelivered(inbox: Inbox, limit = 100_000): Promise<Undelivered[]> {
  const jobs = await inbox.deliveries.list({ states: GIVEN_UP, limit });
  const held = await inbox.listHeld(limit);
  return [...jobs.map(asUndelivered), ...held.map((row) => ({ ...row, state: 'held' as const }))];
}

function asUndelivered({ id, state, reason, group }: JobRecord): Undelivered {
  return { id, state: state as (typeof GIVEN_UP)[number], reason: reason ?? '', customer: group };
}
