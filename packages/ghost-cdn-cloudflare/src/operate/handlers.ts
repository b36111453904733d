import { randomUUID } from 'node:crypto';
import { pendingStates } from '@prosora/durable';
import type { Finding, Handlers, ServiceNumbers } from '@prosora/service';
import type { Changes } from '../changes/changes.ts';
import { EVERYTHING, pathsOf } from '../changes/paths.ts';
import type { operations } from './operations.ts';

/** What the operations work on. */
export interface Operated {
  changes: Changes;
  numbers: () => Promise<ServiceNumbers>;
  /** How pages are made old; null where no service runs. */
  manner: () => 'invalidate' | 'purge' | null;
  examine: () => AsyncIterable<Finding>;
}

/** Does what the operations say. */
export function createHandlers(operated: Operated): Handlers<typeof operations> {
  const { changes, numbers, manner, examine } = operated;
  const dead = () => changes.purges.list({ states: ['dead'], limit: 1_000 });
  return {
    async status() {
      const [pending, lastPurged, underWay, given] = await Promise.all([
        changes.pending(),
        changes.lastPurgedAt(),
        changes.purges.list({ states: pendingStates }),
        dead(),
      ]);
      return {
        ...(await numbers()),
        waiting: pending?.count ?? 0,
        oldest: pending === undefined ? null : new Date(pending.oldestAt),
        lastPurged: lastPurged ?? null,
        manner: manner(),
        problem: [...underWay, ...given].findLast(({ reason }) => reason !== null)?.reason ?? null,
        dead: given.length,
      };
    },
    dead: async () => ({
      items: (await dead()).map(({ id, settledAt, reason }) => ({
        id,
        givenUpAt: settledAt,
        reason,
      })),
    }),
    async doctor() {
      const findings: Finding[] = [];
      for await (const finding of examine()) findings.push(finding);
      return { findings };
    },
    async purge({ paths: given }) {
      const paths = given === undefined ? EVERYTHING : pathsOf(given.join(','));
      const id = `operator:${randomUUID()}`;
      await changes.record({ id, source: 'operator', paths });
      return { id, paths: paths === EVERYTHING ? paths : [...paths] };
    },
    async replay({ ids }) {
      const chosen = ids ?? (await dead()).map(({ id }) => id);
      return { replayed: await changes.purges.replay(chosen) };
    },
  };
}
