import { type Snapshot, tagsOf, valueOfTag } from './backups.ts';

/**
 * What was kept a minute or so after the last: all that is to be known of it stands in the tags of its one snapshot, so
 * it is there whole or not at all, and a thousand of them are known by one question.
 */
export interface Tick {
  snapshot: string;
  /** The run that it continues, and goes with. */
  run: string;
  /** The sequence of binary logs that it belongs to, named for the run that began it. */
  log: string;
  /** Counts on in its log. */
  number: number;
  /** All that the database was told before is in the log up to `to`. */
  moment: Date;
  /** The files of the binary log that it has, by their numbers; none where the first is the higher. */
  from: number;
  to: number;
  /** Which tick has the copy of a store that was as it should be at this one, by part. */
  copies: Readonly<Record<string, number>>;
}

/** The charts, which are kept now and then. */
export interface Charts {
  snapshot: string;
  /** The run that they go on from. */
  run: string;
  moment: Date;
  engineBackup: string;
}

/** The tags of a tick. */
export const tagsOfTick = ({ number, copies, ...tick }: Omit<Tick, 'snapshot'>): string[] =>
  tagsOf({ ...tick, tick: number, ...copies });

/** The tags of charts. */
export const tagsOfCharts = ({ engineBackup, ...charts }: Omit<Charts, 'snapshot'>): string[] =>
  tagsOf({ ...charts, charts: engineBackup });

/** The parts of which a tick may have copies. The inbox is never newer than the database, and the bridge never older. */
export const COPIED = { inbox: 'webhooks', bridge: 'mail' } as const;

/** The ticks among snapshots, oldest first in each log. */
export function ticksIn(snapshots: readonly Snapshot[]): Tick[] {
  return snapshots
    .map(({ id, tags = [] }) => {
      const number = (name: string) => Number(valueOfTag(tags, name) || Number.NaN);
      return {
        snapshot: id,
        run: valueOfTag(tags, 'run'),
        log: valueOfTag(tags, 'log'),
        number: number('tick'),
        moment: new Date(valueOfTag(tags, 'moment')),
        from: number('from'),
        to: number('to'),
        copies: Object.fromEntries(Object.values(COPIED).map((part) => [part, number(part)])),
      };
    })
    .filter(({ number }) => number > 0)
    .sort((one, other) => one.number - other.number);
}

/** The charts among snapshots, oldest first. */
export function chartsIn(snapshots: readonly Snapshot[]): Charts[] {
  return snapshots
    .map(({ id, tags = [] }) => ({
      snapshot: id,
      run: valueOfTag(tags, 'run'),
      moment: new Date(valueOfTag(tags, 'moment')),
      engineBackup: valueOfTag(tags, 'charts'),
    }))
    .filter(({ engineBackup }) => engineBackup !== '')
    .sort((one, other) => one.moment.getTime() - other.moment.getTime());
}
