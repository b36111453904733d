import type { JobState } from '@prosora/durable';
import { messagesOf } from '../store/newsletter-messages.ts';
import { type OpenedMailStore, queueOf } from '../store/store.ts';

/** A call to Resend that is still to be made. */
export interface WaitingCall {
  state: JobState;
  attempts: number;
  /** ISO 8601. */
  dueAt: string;
  /** Why the last try did not end well. */
  reason: string | null;
}

/** Of the calls that a newsletter waits for the first that failed before, or the first of all; null when none waits. */
export async function findWaitingCall(
  { store, queues }: OpenedMailStore,
  emailId: string,
): Promise<WaitingCall | null> {
  let first: WaitingCall | null = null;
  for await (const ids of messagesOf(store, emailId)) {
    const rows = await store.db
      .selectFrom('chunk')
      .innerJoin('job', 'job.id', 'chunk.id')
      .select(['job.state', 'job.attempt', 'job.due_at', 'job.reason'])
      .where('chunk.message_id', 'in', ids)
      .where('chunk.state', '=', 'queued')
      .where('job.queue', '=', queueOf(queues, 'newsletter').name)
      .execute();
    for (const { state, attempt, due_at, reason } of rows) {
      const dueAt = new Date(Number(due_at)).toISOString();
      first ??= { state, attempts: attempt, dueAt, reason };
      if (reason !== null) return { state, attempts: attempt, dueAt, reason };
    }
  }
  return first;
}
