import type { JobState } from '@prosora/durable';
import { ProsoraError } from '@prosora/service/errors';
import { LANES } from '../../store/message.ts';
import type { OpenedMailStore } from '../../store/store.ts';
import type { Page, PageRequest } from './page.ts';

/** A chunk that is or was to be sent, or an address that is to be taken off Resend's list. */
export interface ListedJob {
  id: string;
  queue: string;
  state: JobState;
  /** Of the newsletter that the chunk is of. */
  emailId: string | null;
  /** ISO 8601. */
  addedAt: string;
  /** When it may run; of one that will not run any more, when it ended. */
  dueAt: string;
  settledAt: string | null;
  attempts: number;
  reason: string | null;
}

/** Which jobs. */
export interface JobFilter {
  states: readonly JobState[];
  /** Due, or ended, at this time or later, and before that one; ISO 8601. */
  since?: string | undefined;
  until?: string | undefined;
}

/** The shape of a key: the line it is in, and its place there. */
export const JOB_KEY = /^([a-z]+)\.([a-z]+)\.(\d+)\.(\d+)\.(\d+)$/;

/** Jobs of all queues: queue by queue, state by state, as they are or were due. One index has them in this order. */
export async function listJobs(
  { store, queues, suppressions }: OpenedMailStore,
  { states, since, until, after, limit }: JobFilter & PageRequest,
): Promise<Page<ListedJob>> {
  const lines = [queues.urgent, queues.chunks, suppressions].flatMap(({ name }) =>
    states.flatMap((state) =>
      Object.values(LANES).map((rank) => ({
        queue: name,
        state,
        rank,
        key: `${name}.${state}.${rank}`,
      })),
    ),
  );
  const [key, dueAt = -1, seq = -1] = splitKey(after);
  const begin = key === undefined ? 0 : lines.findIndex((line) => line.key === key);
  if (begin === -1) throw new ProsoraError('USAGE', 'after: is of a list with other filters');
  const items: ListedJob[] = [];
  for (const line of lines.slice(begin)) {
    let query = store.db
      .selectFrom('job')
      .leftJoin('chunk', 'chunk.id', 'job.id')
      .leftJoin('message', 'message.id', 'chunk.message_id')
      .select(['job.seq', 'job.id', 'job.added_at', 'job.due_at', 'job.settled_at'])
      .select(['job.attempt', 'job.reason', 'message.email_id'])
      .where('job.queue', '=', line.queue)
      .where('job.state', '=', line.state)
      .where('job.rank', '=', line.rank)
      .orderBy('job.due_at')
      .orderBy('job.seq')
      .limit(limit - items.length);
    if (since !== undefined) query = query.where('job.due_at', '>=', Date.parse(since));
    if (until !== undefined) query = query.where('job.due_at', '<', Date.parse(until));
    if (line.key === key) {
      query = query
        .where('job.due_at', '>=', dueAt)
        .where(({ eb, or }) => or([eb('job.due_at', '>', dueAt), eb('job.seq', '>', seq)]));
    }
    const rows = await query.execute();
    items.push(...rows.map((row) => toJob(row, line)));
    const last = rows.at(-1);
    if (items.length === limit && last !== undefined) {
      return { items, next: `${line.key}.${last.due_at}.${last.seq}` };
    }
  }
  return { items, next: null };
}

function splitKey(after: string | undefined): [key?: string, dueAt?: number, seq?: number] {
  const [, queue, state, rank, dueAt, seq] = JOB_KEY.exec(after ?? '') ?? [];
  return queue === undefined ? [] : [`${queue}.${state}.${rank}`, Number(dueAt), Number(seq)];
}

interface JobRow {
  id: string;
  email_id: string | null;
  added_at: number;
  due_at: number;
  settled_at: number | null;
  attempt: number;
  reason: string | null;
}

function toJob(row: JobRow, { queue, state }: Pick<ListedJob, 'queue' | 'state'>): ListedJob {
  const { id, attempt, reason, settled_at } = row;
  return {
    id,
    queue,
    state,
    emailId: row.email_id,
    addedAt: new Date(row.added_at).toISOString(),
    dueAt: new Date(row.due_at).toISOString(),
    settledAt: settled_at === null ? null : new Date(settled_at).toISOString(),
    attempts: attempt,
    reason,
  };
}
