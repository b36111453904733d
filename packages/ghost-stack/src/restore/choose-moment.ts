import { ProsoraError } from '@prosora/service';
import {
  type Backup,
  backupsIn,
  findBackup,
  type Line,
  type Snapshot,
} from '../repository/backups.ts';
import type { Manifest, TakenPart } from '../repository/manifest.ts';
import { COPIED, chartsIn, type Tick, ticksIn } from '../repository/ticks.ts';

/** What a site is put together from. */
export interface Chosen {
  base: Backup;
  /** What the database is brought to; undefined where it stays as it is in the backup. */
  replay: Replay | undefined;
  /** What is in the place of the backup's own, by part. */
  copies: Readonly<Record<string, Pick<TakenPart, 'snapshot' | 'engineBackup'>>>;
}

/** What a database was told since its dump. */
export interface Replay {
  /** The snapshots with the files of the log. */
  snapshots: readonly string[];
  /** The first and the last of the files, by their numbers. */
  from: number;
  to: number;
  moment: Date;
  /** The log goes on after the moment. */
  isCut: boolean;
}

/** A backup and the ticks that go on from it. */
interface Followed {
  base: Backup;
  line: Line;
  /** All, in their order. */
  ticks: readonly Tick[];
}

/**
 * The newest that is kept: the newest backup and its ticks. A backup that has suspiciously little in it is passed over,
 * and with it what was written before it.
 */
export function chooseLatest(snapshots: readonly Snapshot[], wanted?: string): Chosen {
  const backups = backupsIn(snapshots);
  const base = findBackup(backups, wanted);
  const isNewest = (wanted ?? 'latest') === 'latest' && base === backups.at(-1);
  const followed = isNewest ? follow(base, snapshots) : undefined;
  const last = followed?.ticks.findLast((tick) => isWhole(followed, tick));
  if (followed && last) return choose(followed, last, snapshots, last.moment, false);
  return { base, replay: undefined, copies: {} };
}

/**
 * What brings the database of a backup to the last tick that was not after a moment: as it was then, where nothing was
 * written any more. Without a moment it stays as it is in the backup.
 *
 * @throws ProsoraError `MOMENT_UNKNOWN` where no such tick is kept
 */
export function chooseTick(
  snapshots: readonly Snapshot[],
  wanted: string,
  moment: Date | undefined,
): Chosen {
  const base = findBackup(backupsIn(snapshots), wanted);
  const followed = follow(base, snapshots);
  const last = followed?.ticks.findLast(
    (tick) => moment && tick.moment <= moment && isWhole(followed, tick),
  );
  if (followed && last) return choose(followed, last, snapshots, last.moment, false);
  if (moment) throw unknown(`What was written until ${said(moment)} is not kept any more.`);
  return { base, replay: undefined, copies: {} };
}

/**
 * What brings a site to a moment. The database is cut at it; the inbox is the newest copy from before, and the mail bridge
 * the copy that was as it should be once all that is read of the log was written: so neither is newer or older than it
 * may be.
 *
 * @param time of which whole seconds count, as in the log
 * @throws ProsoraError `MOMENT_UNKNOWN` with what is kept instead
 */
export function chooseAt(snapshots: readonly Snapshot[], time: Date, now: Date): Chosen {
  const moment = new Date(Math.floor(time.getTime() / 1000) * 1000);
  if (moment > now) throw unknown(`${said(moment)} is still to come.`);
  const bases = backupsIn(snapshots).filter(({ line }) => line);
  const base = bases.findLast(({ line }) => line && line.moment <= moment);
  const followed = base && follow(base, snapshots);
  if (followed === undefined) {
    const [first] = bases;
    throw unknown(
      first?.line
        ? `The first moment that is kept is ${said(first.line.moment, Math.ceil)}.`
        : 'No backup there can be brought to another moment.',
    );
  }
  const { ticks } = followed;
  const isThere = (tick: Tick) => tick.moment >= moment && isWhole(followed, tick);
  const last = ticks.find(isThere);
  if (last) return choose(followed, last, snapshots, moment, true);
  const before = ticks.findLast((tick) => isWhole(followed, tick))?.moment ?? followed.line.moment;
  const next = bases[bases.indexOf(followed.base) + 1]?.line;
  throw unknown(
    next
      ? `Between ${said(before)} and ${said(next.moment, Math.ceil)} no moment is kept.`
      : `The newest moment that is kept is ${said(before)}.`,
  );
}

function follow(base: Backup, snapshots: readonly Snapshot[]): Followed | undefined {
  const { line } = base;
  if (line === undefined) return undefined;
  const own = ticksIn(snapshots).filter(
    ({ log, number }) => log === line.log && number > line.after,
  );
  // From here on the machine was set back to an earlier state of itself, and has written another log since.
  const again = own.findIndex(({ number }, place) => number === own[place - 1]?.number);
  const ticks = again > 0 ? own.slice(0, again - 1) : own;
  return { base, line, ticks };
}

/** Whether a database can be brought to a tick, and has the mail bridge that belongs to it. */
const isWhole = (followed: Followed, tick: Tick): boolean =>
  copyAt(followed, tick, COPIED.bridge) !== undefined && logsUpTo(followed, tick) !== undefined;

/** The snapshot with the copy that was as it should be at a tick. */
function copyAt({ ticks }: Followed, tick: Tick, part: string): string | undefined {
  return ticks.find(({ number }) => number === tick.copies[part])?.snapshot;
}

/** As few snapshots as have every file of the log up to a tick's; undefined where one is nowhere. */
function logsUpTo({ line, ticks }: Followed, { to }: Tick): string[] | undefined {
  const snapshots: string[] = [];
  for (let at = line.from; at <= to; ) {
    const [best] = ticks
      .filter((tick) => tick.from <= at && at <= tick.to)
      .sort((one, other) => other.to - one.to);
    if (best === undefined) return undefined;
    snapshots.push(best.snapshot);
    at = best.to + 1;
  }
  return snapshots;
}

function choose(
  followed: Followed,
  last: Tick,
  snapshots: readonly Snapshot[],
  moment: Date,
  isCut: boolean,
): Chosen {
  const { base, line, ticks } = followed;
  const before = ticks.findLast(
    (tick) =>
      tick.number <= last.number &&
      (!isCut || tick.moment < moment) &&
      copyAt(followed, tick, COPIED.inbox) !== undefined,
  );
  const inbox = before && copyAt(followed, before, COPIED.inbox);
  const bridge = copyAt(followed, last, COPIED.bridge);
  const charts = chartsIn(snapshots).findLast(
    (kept) => kept.moment > line.moment && kept.moment <= moment,
  );
  return {
    base,
    replay: {
      snapshots: logsUpTo(followed, last) ?? [],
      from: line.from,
      to: last.to,
      moment,
      isCut,
    },
    copies: {
      ...(inbox && { [COPIED.inbox]: { snapshot: inbox } }),
      ...(bridge && { [COPIED.bridge]: { snapshot: bridge } }),
      ...(charts && { analytics: { snapshot: charts.snapshot }, engine: charts }),
    },
  };
}

/** What is to be put back, as a backup that was taken at that moment would have it. */
export function asChosen(manifest: Manifest, { replay, copies }: Chosen): Manifest {
  const parts = manifest.parts.map((part) => {
    const { snapshot = part.snapshot, engineBackup = part.engineBackup } = copies[part.name] ?? {};
    return { ...part, snapshot, engineBackup };
  });
  return { ...manifest, parts, startedAt: replay?.moment.toISOString() ?? manifest.startedAt };
}

/** In whole seconds, which are what can be asked for. */
const said = (moment: Date, round = Math.floor): string =>
  `${new Date(round(moment.getTime() / 1000) * 1000).toISOString().slice(0, 19)}Z`;

const unknown = (sentence: string): ProsoraError =>
  new ProsoraError('MOMENT_UNKNOWN', sentence, {
    help: 'Say another, or name a backup of `prosora backup list`; without either the newest is put back.',
  });
