import { randomUUID } from 'node:crypto';
import { pendingStates } from '@prosora/durable';
import type { Finding, Handlers, ServiceNumbers } from '@prosora/service';
import type { Changes } from '../changes/changes.ts';
import { EVERYTHING, pathsOf } from '../changes/paths.ts';
import type { operations } from './operations.ts';

/** What the operations work on. */
export interface Operated {
  use<Outcome>(work: (changes: Changes) => Promise<Outcome>): Promise<Outcome>;
  numbers: () => Promise<ServiceNumbers>;
  /** How pages are made old; null where no service runs. */
  manner: () => 'invalidate' | 'purge' | null;
  examine: () => AsyncIterable<Finding>;
}

/** Does what the operations say. */
export function createHandlers(operated: Operated): Handlers<typeof operations> {
  const { use, numbers, manner, examine } = operated;
  const deadIn = ({ purges }: Changes) => purges.list({ states: ['dead'], limit: 1_000 });
  return {
    status: () =>
      use(async (changes) => {
        const pending = await changes.pending();
        const underWay = await changes.purges.list({ states: pendingStates });
        const dead = await deadIn(changes);
        const problem = [...underWay, ...dead].findLast(({ reason }) => reason !== null);
        return {
          ...(await numbers()),
          waiting: pending?.count ?? 0,
          oldest: pending === undefined ? null : new Date(pending.oldestAt),
          lastPurged: (await changes.lastPurgedAt()) ?? null,
          manner: manner(),
          problem: problem?.reason ?? null,
          dead: dead.length,
        };
      }),
    async dead() {
      const dead = await use(deadIn);
      const items = dead.map(({ id, settledAt, reason }) => ({ id, givenUpAt: settledAt, reason }));
      return { items };
    },
    async doctor() {
      const findings: Finding[] = [];
      for await (const finding of examine()) findings.push(finding);
      return { findings };
    },
    async purge({ paths: given }) {
      const paths = given === undefined ? EVERYTHING : pathsOf(given.join(','));
      const id = `operator:${randomUUID()}`;
      await use((changes) => changes.record({ id, source: 'operator', paths }));
      return { id, paths: paths === EVERYTHING ? paths : [...paths] };
    },
    replay: ({ ids }) =>
      use(async (changes) => {
        const chosen = ids ?? (await deadIn(changes)).map(({ id }) => id);
        return { replayed: await changes.purges.replay(chosen) };
      }),
  };
}
