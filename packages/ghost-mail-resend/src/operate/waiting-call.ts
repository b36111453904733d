import type { JobState } from '@prosora/durable';
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
  const calls = store.db
    .selectFrom('message')
    // In this order for SQLite (https://www.sqlite.org/optoverview.html#crossjoin), which would begin with all jobs.
    .crossJoin('chunk')
    .crossJoin('job')
    .whereRef('chunk.message_id', '=', 'message.id')
    .whereRef('job.id', '=', 'chunk.id')
    .select(['job.state', 'job.attempt', 'job.due_at', 'job.reason'])
    .where('message.email_id', '=', emailId)
    .where('chunk.state', '=', 'queued')
    .where('job.queue', '=', queueOf(queues, 'newsletter').name)
    .orderBy('message.id')
    .limit(1);
  const failed = await calls.where('job.reason', 'is not', null).executeTakeFirst();
  const first = failed ?? (await calls.executeTakeFirst());
  if (first === undefined) return null;
  const { state, attempt, due_at, reason } = first;
  return { state, attempts: attempt, dueAt: new Date(Number(due_at)).toISOString(), reason };
}
