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
import { readDrills } from '../drill/drill-reports.ts';
import { shorten } from '../logs/hide.ts';
import type { LogKeeper, LogKeeping } from '../logs/keep-logs.ts';
import type { LogLine } from '../logs/log-lines.ts';
import { readNotes } from '../repository/notes.ts';
import type { GhostJobs } from '../services/ghost-jobs.ts';
import { flagWords } from '../services/in-ghost.ts';
import type { SiteMedia } from '../services/media.ts';
import type { ListedBackup, opsOperations } from '../services/ops-operations.ts';
import { readUpdates } from '../update/update-notes.ts';
import { type Ask, askInTurn } from './ask-in-turn.ts';
import type { EdgeHour } from './edge-hour.ts';
import { FOLDER } from './home.ts';
import type { KeptNotes } from './job-notes.ts';
import type { Part } from './parts.ts';
import { findingsOf } from './tell-people.ts';
import { tellUpdates } from './tell-updates.ts';
import type { Job } from './timetable.ts';

/** What the service knows of itself. */
export interface RunningOps {
  /** Asks the command. */
  ask: Ask;
  /** Looks at the parts of the stack. */
  parts: () => Promise<Part[]>;
  jobs: readonly Job[];
  notes: KeptNotes;
  /** Whether anybody is told of anything. */
  hasPeople: () => boolean;
  edge: EdgeHour;
  alerts: Pick<WatchedAlerts, 'way' | 'open'>;
  logs: Pick<LogKeeper, 'now'>;
  hider: LogKeeping['hider'];
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
  const { jobs, notes } = ops;
  const ask = askInTurn(ops.ask);
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
    examine: async () => ({ findings: (await ask(['doctor'])) as Finding[] }),
    backups: async () => ({ items: (await ask(['backup', 'list'])) as ListedBackup[] }),
    drills: () => ({
      items: readDrills(FOLDER)
        .map(({ findings, ...drill }) => ({ ...drill, findings: [...findings] }))
        .reverse(),
    }),
    updates: () => ({ items: tellUpdates(readUpdates(FOLDER)) }),
    parts: async () => ({ items: await ops.parts() }),
    jobs: async (wanted) => (await ask(['jobs', ...flagWords(wanted)])) as GhostJobs,
    media: async ({ examine }) =>
      (await ask(['media', ...(examine ? ['--examine'] : [])])) as SiteMedia,
    async logs({ service, at, minutes, match, level, limit }) {
      const words = flagWords({ around: at, minutes, grep: match, level, limit });
      const lines = (await ask(['logs', service, ...words])) as LogLine[];
      const hide = ops.hider();
      // Docker has more of a reader and of secrets than is kept, and the command knows those of `.env` alone.
      return { items: lines.map((line) => ({ ...line, text: shorten(hide(line.text)) })) };
    },
    backup: begin('backup'),
    drill: begin('drill'),
  };
}
