import { renameSync, writeFileSync } from 'node:fs';
import { type JobState, pendingStates } from '@prosora/durable';
import { type Verb, verb } from '@prosora/service';
import type { JobStore } from '../store/tables.ts';
import { GHOST_FLAGS, type OpenedStore, type Place, withStore } from './place.ts';

/** What a queue holds. */
export interface QueueStatus {
  queue: string;
  counts: Partial<Record<JobState, number>>;
  /** How long the oldest job that is due has waited. */
  oldestSeconds: number;
}

/** Counts what each queue holds. */
export async function statusOf({ queues, store }: OpenedStore): Promise<QueueStatus[]> {
  return await Promise.all(
    queues.map(async (queue) => {
      const dueSince = await Promise.all(
        pendingStates.map((state) => firstDue(store, queue.name, state)),
      );
      const waitedMs = Math.max(0, Date.now() - Math.min(...dueSince));
      return {
        queue: queue.name,
        counts: await queue.counts(),
        oldestSeconds: Math.round(waitedMs / 1_000),
      };
    }),
  );
}

/** When the first job of a state may run, by the index that orders them; `Infinity` when there is none. */
async function firstDue({ db }: JobStore, queue: string, state: JobState): Promise<number> {
  const first = await db
    .selectFrom('job')
    .select('available_at')
    .where('queue', '=', queue)
    .where('state', '=', state)
    .orderBy('rank')
    .orderBy('due_at')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return first?.available_at ?? Number.POSITIVE_INFINITY;
}

/** Makes the verb `status`. */
export function statusAt(place: Place): Verb {
  return verb({
    help: 'What each queue holds, and how long the oldest due job has waited',
    flags: {
      ...GHOST_FLAGS,
      metrics: {
        type: 'string',
        value: 'FILE',
        help: "Write it for Prometheus too, as node_exporter's textfile collector reads it",
      },
    },
    async run({ flags, show }) {
      const status = await withStore(place, flags, statusOf);
      if (flags.metrics !== undefined) writeMetrics(flags.metrics, status);
      show(status, (queues) => queues.map(lineOf));
    },
  });
}

function lineOf({ queue, counts, oldestSeconds }: QueueStatus): string {
  const states = Object.entries(counts).map(([state, jobs]) => `${jobs} ${state}`);
  const waited = oldestSeconds > 0 ? `; the oldest is due since ${oldestSeconds} s` : '';
  return `${queue}: ${states.join(', ') || 'empty'}${waited}`;
}

function writeMetrics(file: string, status: QueueStatus[]): void {
  const lines = [
    '# HELP prosora_jobs Jobs and callbacks in each state.',
    '# TYPE prosora_jobs gauge',
    ...status.flatMap(({ queue, counts }) =>
      Object.entries(counts).map(
        ([state, jobs]) => `prosora_jobs{queue="${queue}",state="${state}"} ${jobs}`,
      ),
    ),
    '# HELP prosora_jobs_oldest_due_seconds How long the oldest due job has waited.',
    '# TYPE prosora_jobs_oldest_due_seconds gauge',
    ...status.map(
      ({ queue, oldestSeconds }) =>
        `prosora_jobs_oldest_due_seconds{queue="${queue}"} ${oldestSeconds}`,
    ),
  ];
  // A collector must not read half of it.
  writeFileSync(`${file}.tmp`, `${lines.join('\n')}\n`);
  renameSync(`${file}.tmp`, file);
}
