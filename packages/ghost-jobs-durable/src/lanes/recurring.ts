import { pendingStates } from '@prosora/durable';
import type { Log } from '../config/ghost.ts';
import type { JobStore } from '../store/tables.ts';
import { encodeEnvelope, type JobEnvelope } from './envelope.ts';
import type { Lanes } from './lanes.ts';
import { createTicks, isSameSchedule, type Later, type Ticks } from './ticks.ts';

/** Jobs that Ghost runs at times. */
export interface Recurring {
  /** The first schedule of a type wins, over restarts too: see `isSameSchedule`. */
  schedule(envelope: JobEnvelope, cron: string, queue: string | undefined): Promise<void>;
  stop(): void;
}

/** Looks at the clock this often: it may step, and the machine sleep. */
const lookEveryMs = 30_000;

/**
 * Adds a job for each tick, once over restarts and over all processes, since the tick is its id.
 *
 * Of ticks that were missed, the last is made up, once, and those of frequent jobs are not, nor those that come while
 * one before still waits or runs.
 */
export function createRecurring({
  store,
  lanes,
  later,
  log,
}: {
  store: JobStore;
  lanes: Lanes;
  later: Later;
  log: Log;
}): Recurring {
  const timers = new Map<string, NodeJS.Timeout>();
  let stopped = false;

  /** The expression that counts, and the tick from which on. */
  async function remember({ type }: JobEnvelope, cron: string): Promise<string> {
    return store.transaction(async (tx) => {
      const row = await tx
        .selectFrom('recurring')
        .select('cron')
        .where('type', '=', type)
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) {
        await tx.insertInto('recurring').values({ type, cron, last_tick: Date.now() }).execute();
        return cron;
      }
      if (isSameSchedule(row.cron, cron)) return row.cron;
      await tx.updateTable('recurring').set({ cron }).where('type', '=', type).execute();
      return cron;
    });
  }

  async function add(
    envelope: JobEnvelope,
    ticks: Ticks,
    queue: string | undefined,
  ): Promise<void> {
    const { type } = envelope;
    const lane = lanes.of(queue).queue;
    const group = `recurring:${type}`.slice(0, 255);
    await store.transaction(async (tx) => {
      const now = Date.now();
      const row = await tx
        .selectFrom('recurring')
        .select('last_tick')
        .where('type', '=', type)
        .forUpdate()
        .executeTakeFirst();
      const tick = ticks.last(now);
      // A clock that stepped back has not passed the last tick yet; what comes now has to count again.
      const last = Math.min(row?.last_tick ?? 0, now);
      if (tick <= last && last === row?.last_tick) return;
      await tx
        .updateTable('recurring')
        .set({ last_tick: tick > last ? tick : last })
        .where('type', '=', type)
        .execute();
      if (tick <= last) return;
      const isMissed = now - tick > 2 * lookEveryMs;
      if (ticks.isFrequent(now)) {
        const before = await tx
          .selectFrom('job')
          .select('seq')
          .where('queue', '=', lane.name)
          .where('grp', '=', group)
          .where('state', 'in', pendingStates)
          .executeTakeFirst();
        if (isMissed || before !== undefined) return;
      }
      const bytes = encodeEnvelope({ ...envelope, by: 'recurring' });
      const id = `${type.slice(0, 200)}@${new Date(tick).toISOString()}`;
      await lane.add(id, bytes, { group, supersedes: group, tx: tx as never });
    });
  }

  async function look(
    envelope: JobEnvelope,
    ticks: Ticks,
    queue: string | undefined,
  ): Promise<void> {
    try {
      await add(envelope, ticks, queue);
    } catch (error) {
      log.error(
        `[prosora-jobs] A tick of ${envelope.type} could not be kept: ${(error as Error).message}`,
      );
    }
    if (stopped) return;
    const waitMs = Math.min(
      lookEveryMs,
      Math.max(100, ticks.next(Date.now() - 1_000) - Date.now()),
    );
    const timer = setTimeout(() => void look(envelope, ticks, queue), waitMs);
    timers.set(envelope.type, timer.unref());
  }

  return {
    async schedule(envelope, cron, queue) {
      if (timers.has(envelope.type)) return;
      const kept = await remember(envelope, cron);
      if (kept !== cron) {
        log.info(`[prosora-jobs] ${envelope.type} keeps its schedule of before: ${kept}`);
      }
      await look(envelope, createTicks(later, kept), queue);
    },
    stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
