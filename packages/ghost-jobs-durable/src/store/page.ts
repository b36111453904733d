import type { JobRecord, JobState, Queue } from '@prosora/durable';
import { JobsError } from '../errors.ts';
import type { JobStore } from './tables.ts';

/** A job of some queue. */
export type QueuedJob = JobRecord & { queue: string };

/** A part of a list. */
export interface JobPage {
  items: QueuedJob[];
  /** Where the next page begins; null after the last. */
  next: string | null;
}

/** Where a page begins: behind this job. */
interface Position {
  queue: string;
  state: string;
  dueAt: number;
  seq: number;
}

/** Reads `next`; undefined when it is none. */
export function readPosition(text: string): Position | undefined {
  const [, queue = '', state = '', dueAt, seq] = /^(.+),([a-z]+),(\d+),(\d+)$/.exec(text) ?? [];
  return seq === undefined ? undefined : { queue, state, dueAt: Number(dueAt), seq: Number(seq) };
}

/**
 * Lists jobs by queue, by state, by the time that orders those of a state, and by arrival. That is an index, so a page
 * takes the same time however many jobs there are.
 *
 * @param states in their order in the list
 * @throws JobsError FLAG_INVALID when `after` is of a queue or a state that is not listed
 */
export async function pageOfJobs(
  { store, queues }: { store: JobStore; queues: Queue<never>[] },
  states: readonly JobState[],
  { limit, after }: { limit: number; after: Position | undefined },
): Promise<JobPage> {
  const places = queues.flatMap((queue) => states.map((state) => ({ queue, state })));
  const begin = places.findIndex(
    ({ queue, state }) => queue.name === after?.queue && state === after.state,
  );
  if (after !== undefined && begin === -1) {
    throw new JobsError('FLAG_INVALID', 'That place is not in this list.', {
      help: 'Ask for the next page with the same flags as for the one before.',
    });
  }
  const items: QueuedJob[] = [];
  let next: string | null = null;
  for (const { queue, state } of places.slice(Math.max(0, begin))) {
    const room = limit - items.length;
    const isBegin = queue.name === after?.queue && state === after.state;
    const rows = await walk(store, queue.name, state, isBegin ? after : undefined, room + 1);
    for (const { id, due_at, seq } of rows.slice(0, room)) {
      const job = await queue.get(id);
      if (job !== undefined) items.push({ ...job, queue: queue.name });
      next = [queue.name, state, due_at, seq].join();
    }
    if (rows.length > room) return { items, next };
  }
  return { items, next: null };
}

/** Two walks along the index, since MySQL would read all of it for a comparison of both columns in one. */
async function walk(
  { db }: JobStore,
  queue: string,
  state: JobState,
  after: Position | undefined,
  limit: number,
) {
  const ofState = db
    .selectFrom('job')
    .select(['id', 'due_at', 'seq'])
    .where('queue', '=', queue)
    .where('state', '=', state)
    // Nothing here has another rank.
    .where('rank', '=', 0)
    .orderBy('due_at')
    .orderBy('seq')
    .limit(limit);
  if (after === undefined) return await ofState.execute();
  const { dueAt, seq } = after;
  const same = await ofState.where('due_at', '=', dueAt).where('seq', '>', seq).execute();
  const later = await ofState.where('due_at', '>', dueAt).execute();
  return [...same, ...later].slice(0, limit);
}
