import {
  type ClockGuard,
  type Finding,
  type Handlers,
  numbersOf,
  type ReadinessCheck,
  type Registry,
  trustClock,
} from '@prosora/service';
import { type Backup, backupNumber } from '../care/backup.ts';
import type { Care } from '../care/care.ts';
import { clockRecordOf } from '../care/clock-file.ts';
import { type DoctorOptions, examine } from './doctor.ts';
import type { operations } from './operations.ts';

/** An engine that runs. */
export interface RunningEngine {
  care: Care;
  clock: ClockGuard;
  metrics: Registry;
  checks: Record<string, ReadinessCheck>;
}

/** What a running engine does for an operator. */
export function createHandlers(
  options: DoctorOptions,
  { care, clock, metrics, checks }: RunningEngine,
): Handlers<typeof operations> {
  return {
    async status() {
      return { ...(await numbersOf(metrics, checks)), clock: clock.doubt() ?? null };
    },
    async doctor() {
      const findings: Finding[] = [];
      for await (const finding of examine(options)) findings.push(finding);
      return { findings };
    },
    async backups({ limit, after = '0' }) {
      const all = await care.backups();
      const rest = all.filter(({ name }) => backupNumber(name) > backupNumber(after));
      const items = rest.slice(0, limit).map(shown);
      return { items, next: rest.length > limit ? (items.at(-1)?.name ?? null) : null };
    },
    backup: async () => shown(await care.backup()),
    export: (request) => care.export(request),
    async retention({ months }) {
      // A person asks for it now, so the clock is right.
      clock.trust();
      const removed = await care.retention(months);
      await clock.look();
      return { removed };
    },
    async erase({ member, isSure }) {
      const { found, copies } = await care.erase(member, { isSure });
      return { found: found.map((one) => ({ ...one, columns: [...one.columns] })), copies };
    },
    confirm: async () => ({ tables: await care.confirm() }),
    ...createFolderHandlers(options.dataDir),
  };
}

/** What needs nothing but the data directory. */
export function createFolderHandlers(dataDir: string) {
  return {
    'trust-clock': async () => ({ isHeard: await trustClock(clockRecordOf(dataDir)) }),
  } satisfies Partial<Handlers<typeof operations>>;
}

function shown({ createdAt, ...backup }: Backup) {
  return { ...backup, rows: { ...backup.rows }, createdAt: createdAt.toISOString() };
}
