import type { OptionValues } from '@prosora/service';
import { Cron } from 'croner';
import type { opsOptions } from '../options.ts';

/** One thing that is done by the clock. */
export interface Job {
  name: string;
  /** The words of `prosora` that do it. */
  words: readonly string[];
  /** Its times: the first of those that a clock shows twice, and where one is leapt over the moment after. */
  cron: Cron | undefined;
  /** One that has not ended by then never will, and is ended so that others can begin. */
  limitMs: number;
}

const HOUR_MS = 3_600_000;
/** What a backup has sent stays there, so that the next goes on from it. */
const LONG = { limitMs: 12 * HOUR_MS };

type Times = Pick<
  OptionValues<typeof opsOptions>,
  'timeZone' | 'backupAt' | 'backupEvery' | 'verifyAt' | 'drillAt' | 'updateAt'
>;

/** The whole site, which all else needs. */
export const BACKUP = 'backup';
/** What was written since the last backup, kept again and again. */
export const MINUTES = 'minutes';

/** Every job, those too that no clock starts. Where two are due, the first is done first. */
export function jobsOf(times: Times): Job[] {
  const { timeZone, backupAt, backupEvery, verifyAt, drillAt, updateAt } = times;
  const by = (at: string | undefined) => {
    if (at === undefined) return undefined;
    const [time = '', day = '*'] = at.split(' ').reverse();
    const [hour, minute, second = '0'] = time.split(':');
    return new Cron(`${second} ${minute} ${hour} * * ${day}`, { timezone: timeZone, paused: true });
  };
  const every = (minutes: string | undefined) => {
    if (minutes === undefined || minutes === 'off') return undefined;
    const minute = minutes === '60' ? '0' : `*/${minutes}`;
    // By a clock that is never set forward or back.
    return new Cron(`0 ${minute} * * * *`, { timezone: 'UTC', paused: true });
  };
  return [
    { name: BACKUP, words: ['backup', 'now', '--unattended'], cron: by(backupAt), ...LONG },
    { name: 'verify', words: ['backup', 'verify'], cron: by(verifyAt), ...LONG },
    { name: 'drill', words: ['drill'], cron: by(drillAt), ...LONG },
    { name: MINUTES, words: ['backup', 'minutes'], cron: every(backupEvery), limitMs: HOUR_MS },
    // It may have to wait for others, who do not wait for it.
    { name: 'update', words: ['update', '--unattended'], cron: by(updateAt), ...LONG },
  ];
}
