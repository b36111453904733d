import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Clock, systemClock } from '@prosora/durable';
import {
  type ClockGuard,
  type ClockRecord,
  createHearing,
  type MachineClocks,
  machineClocks,
  openClockGuard,
  parseSavedClock,
  type SavedClock,
} from '@prosora/service';
import type { Kysely } from 'kysely';
import type { MailStore, MailTables, MailTx } from './schema.ts';

/** By how much steady time may fall behind in between, as when a clock is corrected; a key's age has an hour of room. */
const CORRECTION_MS = 30 * 60 * 1000;

/** The time of a bridge: it goes on at the real rate when the machine's clock jumps. */
export interface SteadyClock {
  guard: ClockGuard;
  /** What rows are stamped with and compared by. */
  clock: Clock;
  /** A moment by the machine's clock, as Ghost names one, on this time: as far ahead of now as it is there. */
  fromWall: (moment: Date) => Date;
  /** From now on the guard keeps what it sees in this store. */
  keepIn(store: MailStore): void;
}

/** Which clocks a bridge has; a simulation brings its own. */
export interface ClockSources {
  clock?: Clock | undefined;
  /** (Default: the machine's; those that agree with `clock` where it is given) */
  clocks?: MachineClocks | undefined;
}

/**
 * Opens the guard on what is kept in a database, before its store is: the store itself tells the time by it.
 *
 * `machine` names the row of this machine, since bridges on several hosts may share a database.
 */
export async function openSteadyClock(
  db: Kysely<MailTables>,
  machine: string,
  {
    clock = systemClock,
    clocks = clock === systemClock ? machineClocks : agreeing(clock),
  }: ClockSources,
): Promise<SteadyClock> {
  let store: MailStore | undefined;
  const hearing = createHearing();
  const record: ClockRecord = {
    async read() {
      const saved = await readClock(store?.db ?? db, machine);
      return hearing.listen(saved, saved?.said);
    },
    async write(saved) {
      if (store === undefined) return;
      await writeClock(store, machine, { ...saved, heard: hearing.latest() });
      hearing.keep();
    },
  };
  const guard = await openClockGuard({ record, notBeforeMs: await newestTime(db), clocks });
  const stepMs = () => guard.doubt()?.stepMs ?? 0;
  return {
    guard,
    fromWall: (moment) => new Date(moment.getTime() - stepMs()),
    // The guard counts by the second, and the limit of Resend is kept by the millisecond.
    clock: { now: () => clocks.now() - stepMs(), sleep: clock.sleep },
    keepIn(opened) {
      store = opened;
    },
  };
}

/** The row of this machine: a file moves with its folder, whatever the container is called by then. */
export const machineOf = (isShared: boolean): string => (isShared ? hostname() : '');

/** A person says that the machine's clock is right. Returns how many machines' guards will hear it. */
export async function trustClocks(store: MailStore): Promise<number> {
  return await store.transaction(async (tx) => {
    const rows = await tx.selectFrom('clock_record').selectAll().forUpdate().execute();
    for (const { machine, saved } of rows) {
      const trusted = JSON.stringify({ ...parseSavedClock(saved), said: randomUUID() });
      await tx
        .updateTable('clock_record')
        .set({ saved: trusted })
        .where('machine', '=', machine)
        .execute();
    }
    return rows.length;
  });
}

/** A simulated clock is never off. */
function agreeing(clock: Clock): MachineClocks {
  return { now: clock.now, uptimeMs: clock.now, bootId: 'simulated' };
}

async function readClock(db: Kysely<MailTables>, machine: string) {
  const row = await db
    .selectFrom('clock_record')
    .select('saved')
    .where('machine', '=', machine)
    .executeTakeFirst();
  return row && parseSavedClock(row.saved);
}

/** What a person said since the guard read stands, for this guard and for others of this machine. */
async function writeClock(store: MailStore, machine: string, saved: SavedClock): Promise<void> {
  await store.transaction(async (tx) => {
    const known = await tx
      .selectFrom('clock_record')
      .select('saved')
      .where('machine', '=', machine)
      .forUpdate()
      .executeTakeFirst();
    const before = known && parseSavedClock(known.saved);
    if (before && isSetBack(before, saved)) await forgetAges(tx);
    const row = { saved: JSON.stringify({ ...saved, said: before?.said }) };
    if (known === undefined)
      await tx
        .insertInto('clock_record')
        .values({ machine, ...row })
        .execute();
    else await tx.updateTable('clock_record').set(row).where('machine', '=', machine).execute();
  });
}

/** Whether less time went by than the machine was up: a person or a witness said that time had been ahead. */
function isSetBack(before: SavedClock, after: SavedClock): boolean {
  const upSince = before.bootId === after.bootId ? before.uptimeMs : 0;
  const leastMs = after.uptimeMs - upSince - CORRECTION_MS;
  return after.steadyMs - before.steadyMs < leastMs;
}

/** Nobody knows any more how old the keys of calls in doubt are: as if they were too old to be repeated. */
async function forgetAges(tx: MailTx): Promise<void> {
  await tx
    .updateTable('chunk')
    .set({ keyed_at: 0 })
    .where('state', '=', 'queued')
    .where('keyed_at', 'is not', null)
    .execute();
}

/** For a guard that never looked: it cannot be earlier than the newest mail. */
async function newestTime(db: Kysely<MailTables>): Promise<number | undefined> {
  const { newest } = await db
    .selectFrom('message')
    .select(({ fn }) => fn.max('accepted_at').as('newest'))
    .executeTakeFirstOrThrow();
  return newest === null ? undefined : Number(newest);
}
