import type { JobState } from '@prosora/durable';
import { sql } from 'kysely';
import type { MailTx } from '../store/schema.ts';
import { giveUp, leaveInDoubt, requeueDead } from '../store/states.ts';
import type { OpenedMailStore } from '../store/store.ts';

/** A chunk that was given up. */
export interface DeadChunk {
  id: string;
  /** The last reason. */
  reason: string;
  /** Recipients that Ghost is told of; none where mails may have been sent. */
  failed: number;
}

const DEAD_A_ROUND = 100;

/**
 * Ends what the queue gave up, some chunks at a time: recipients whose mail certainly was not sent are failed
 * and Ghost is told, those of a call in doubt are unknown and looked up at Resend.
 */
export async function endDeadChunks(
  { store, queues }: OpenedMailStore,
  now: number,
): Promise<DeadChunk[]> {
  const dead = await store.db
    .selectFrom('chunk')
    // In this order for SQLite (https://www.sqlite.org/optoverview.html#crossjoin): what is queued gets fewer again, while
    // what was given up stays for a person.
    .crossJoin('job')
    .select(['chunk.id', 'job.reason'])
    .where('chunk.state', '=', sql.lit('queued'))
    .whereRef('job.id', '=', 'chunk.id')
    .where('job.queue', 'in', [queues.urgent.name, queues.chunks.name])
    .where('job.state', '=', 'dead')
    .limit(DEAD_A_ROUND)
    .execute();
  const ended: DeadChunk[] = [];
  for (const { id, reason } of dead) {
    const why = reason ?? 'It could not be sent.';
    const failed = await store.transaction((tx) => endDeadChunk(tx, id, why, now));
    ended.push({ id, reason: why, failed });
  }
  return ended;
}

async function endDeadChunk(tx: MailTx, id: string, why: string, now: number): Promise<number> {
  const failed = await giveUp(tx, id, `The bridge gave up: ${why}`, now);
  if (failed !== undefined) return failed;
  const chunk = await tx
    .selectFrom('chunk')
    .select(['id', 'keyed_at'])
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  if (chunk !== undefined) await leaveInDoubt(tx, chunk);
  return 0;
}

/** What became of a job that was to be tried again. */
export interface Replayed {
  /** Will be tried again. */
  again: string[];
  /** May have been sent: its recipients are looked up at Resend once more. */
  asked: string[];
  /** Not known, or being worked on. */
  missing: string[];
}

/** Tries chunks again that were given up; a call that may have been made is never made under another key. */
export async function replayJobs(
  { store, queues, suppressions }: OpenedMailStore,
  ids: readonly string[],
): Promise<Replayed> {
  const replayed: Replayed = { again: [], asked: [], missing: [] };
  for (const id of ids) {
    const outcome = await store.transaction(async (tx) => {
      if (await askAgain(tx, id)) return 'asked';
      for (const queue of [queues.urgent, queues.chunks, suppressions]) {
        if ((await queue.replay([id], { tx })).length > 0) {
          await requeueDead(tx, id);
          return 'again';
        }
      }
      return 'missing';
    });
    replayed[outcome].push(id);
  }
  return replayed;
}

async function askAgain(tx: MailTx, id: string): Promise<boolean> {
  const chunk = await tx
    .selectFrom('chunk')
    .select('id')
    .where('id', '=', id)
    .where('state', '=', 'unknown')
    .executeTakeFirst();
  if (chunk === undefined) return false;
  await tx
    .updateTable('recipient')
    .set({ settled_at: null })
    .where('chunk_id', '=', id)
    .where('state', '=', 'unknown')
    .execute();
  return true;
}

/** States of jobs that want a person. */
export const GIVEN_UP = ['dead', 'ambiguous'] as const satisfies JobState[];

/** How many jobs were given up, by their state. */
export async function countGivenUp({
  store,
  queues,
  suppressions,
}: OpenedMailStore): Promise<ReadonlyMap<(typeof GIVEN_UP)[number], number>> {
  const asked = [queues.urgent.name, queues.chunks.name, suppressions.name];
  const counts = Object.values(await store.countJobs({ queues: asked, states: GIVEN_UP }));
  const jobsIn = (state: JobState) => counts.reduce((sum, jobs) => sum + (jobs[state] ?? 0), 0);
  return new Map(GIVEN_UP.map((state) => [state, jobsIn(state)]));
}
