import {
  type Finding,
  fail,
  type Handlers,
  numbersOf,
  type ReadinessCheck,
  type Registry,
  warn,
} from '@prosora/service';
import type { WatchedAlerts } from '../alerts/watch-alerts.ts';
import type { LogKeeper } from '../logs/keep-logs.ts';
import { readNotes } from '../repository/notes.ts';
import type { ListedBackup, opsOperations } from '../services/ops-operations.ts';
import type { EdgeHour } from './edge-hour.ts';
import { FOLDER, type Home } from './home.ts';
import type { KeptNotes } from './job-notes.ts';
import { askCommand } from './run-job.ts';
import { findingsOf } from './tell-people.ts';
import type { Job } from './timetable.ts';

/** What the service knows of itself. */
export interface RunningOps {
  home: Home;
  jobs: readonly Job[];
  notes: KeptNotes;
  /** Whether anybody is told of anything. */
  hasPeople: () => boolean;
  edge: EdgeHour;
  alerts: Pick<WatchedAlerts, 'way' | 'open'>;
  logs: Pick<LogKeeper, 'now'>;
  metrics: Registry;
  checks: Record<string, ReadinessCheck>;
}

const NOT_KEPT = warn(
  'logs',
  'Log lines are not kept: Docker has the last 30 MB of each service, and no more.',
  '`prosora logs ops` says why; it goes on by itself once there is room.',
);

/** What a running service does for an operator. */
export function createHandlers(ops: RunningOps): Handlers<typeof opsOperations> {
  const { home, jobs, notes } = ops;
  const begin = (job: string) => () => {
    const { asked, running } = notes.now;
    if (!asked.includes(job)) notes.change({ asked: [...asked, job] });
    return { isNext: running === undefined };
  };
  return {
    async status() {
      const { ended, running } = notes.now;
      const { newest, proven } = readNotes(FOLDER);
      return {
        ...(await numbersOf(ops.metrics, ops.checks)),
        jobs: jobs.map(({ name, cron }) => ({
          name,
          endedAt: ended[name]?.at ?? null,
          failure: ended[name]?.failure ?? null,
          nextAt: cron?.nextRun()?.toISOString() ?? null,
        })),
        running: running
          ? { job: running.job, since: new Date(running.begunAt).toISOString() }
          : null,
        backups: { newest, proven },
      };
    },
    doctor() {
      const findings = findingsOf(notes.now, {}, new Date());
      const own = findings.filter(({ name }) => jobs.some((job) => job.name === name));
      const remedy = 'Set one of the NOTIFY_ variables in .env.';
      const alone = warn('people', 'Nobody is told when something fails.', remedy);
      const alerts = ops.alerts.open().map(({ name, summary, command }) => {
        return fail(name, summary, `\`${command}\` shows more.`);
      });
      const people = ops.hasPeople() ? [] : [alone];
      const logs = ops.logs.now.isFailing ? [NOT_KEPT] : [];
      return { findings: [...own, ...ops.alerts.way(), ...alerts, ...logs, ...people] };
    },
    alerts: () => ({ items: ops.alerts.open() }),
    edge: () => ({ past: ops.edge.past ?? null }),
    examine: async () => ({ findings: (await askCommand(home, ['doctor'])) as Finding[] }),
    backups: async () => ({
      items: (await askCommand(home, ['backup', 'list'])) as ListedBackup[],
    }),
    backup: begin('backup'),
    drill: begin('drill'),
  };
}
