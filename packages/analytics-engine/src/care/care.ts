import type { ClockGuard } from '@prosora/service';
import type { DatabaseSettings } from '../database/messages.ts';
import { confirm } from '../schema/deploy.ts';
import { type Backup, backUp, listBackups, pruneBackups } from './backup.ts';
import { eraseMember, findMember, type MemberRows, setAsideIn } from './erase.ts';
import { type ExportRequest, exportTable } from './export.ts';
import type { CheckedDatabase } from './open-checked.ts';
import { type RemovedMonth, removeOldRows } from './retention.ts';
import { writeRowLedger } from './row-ledger.ts';

/** What keeps a database well while it serves; one thing at a time. */
export interface Care {
  /** Takes a backup and removes all but the newest. */
  backup(): Promise<Backup>;
  /** Removes events older than so many months; without a number, than the option says. */
  retention(months?: number): Promise<RemovedMonth[]>;
  export(request: ExportRequest): Promise<{ rows: number }>;
  /** Gives up the tables that upgrades kept. */
  confirm(): Promise<string[]>;
  /**
   * Says what there is of a member, and with `isSure` erases it. Where there are backups, one without it is taken
   * then, since the newest may come back by itself.
   */
  erase(memberUuid: string, options: { isSure: boolean }): Promise<Erasure>;
  /** Notes how many rows there are, for the next start to compare. */
  count(): Promise<void>;
  /** Backups that are there, oldest first. */
  backups(): Promise<Backup[]>;
}

/** What the engine has or had of a member. */
export interface Erasure {
  found: MemberRows[];
  /** Copies that are not changed and may name it: older backups, and what was set aside. */
  copies: string[];
}

/** How much is kept. */
export interface CareOptions {
  settings: DatabaseSettings;
  keepBackups: number;
  /** 0 for ever. */
  retentionMonths: number;
  /** Old is what is old at its earliest time, whatever the wall clock says. */
  clock: Pick<ClockGuard, 'now' | 'earliest'>;
}

/** Care for an open database. */
export function createCare(
  { database, served }: CheckedDatabase,
  { settings, keepBackups, retentionMonths, clock }: CareOptions,
): Care {
  const { dataDir, backupDir } = settings;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  const backUpAndPrune = async (): Promise<Backup> => {
    const backup = await backUp(database, settings, new Date(clock.now()));
    await pruneBackups(backupDir, keepBackups);
    return backup;
  };
  const copies = async (newest?: Backup): Promise<string[]> => [
    ...(await listBackups(backupDir))
      .map(({ path }) => path)
      .filter((path) => path !== newest?.path),
    ...(await setAsideIn(dataDir)),
  ];
  const count = (): Promise<void> => writeRowLedger(dataDir, served.project, database);
  return {
    backup: () => inTurn(backUpAndPrune),
    retention: (months = retentionMonths) =>
      inTurn(() =>
        database.withoutWrites(async (connection) => {
          if (months === 0) return [];
          const now = new Date(clock.earliest());
          const beforeRemoval = (leaving: readonly RemovedMonth[]) =>
            writeRowLedger(dataDir, served.project, connection, leaving);
          return removeOldRows(served.project, connection, { months, now, beforeRemoval });
        }),
      ),
    // Beside the batches, since it may take minutes and changes nothing.
    export: (request) => inTurn(() => exportTable(database.beside, request)),
    erase: (memberUuid, { isSure }) =>
      inTurn(async () => {
        if (!isSure) {
          const found = await findMember(database.beside, memberUuid);
          return { found, copies: await copies() };
        }
        const found = await database.withoutWrites((connection) =>
          eraseMember(connection, memberUuid),
        );
        const hasBackups = (await listBackups(backupDir)).length > 0;
        return { found, copies: await copies(hasBackups ? await backUpAndPrune() : undefined) };
      }),
    confirm: () => inTurn(() => database.withoutWrites(confirm)),
    count: () => inTurn(count),
    backups: () => listBackups(backupDir),
  };
}
