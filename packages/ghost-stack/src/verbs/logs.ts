import { UsageError, verb } from '@prosora/service';
import { gatherLines } from '../logs/bounded-lines.ts';
import { LEVELS, type Level, type LogLine } from '../logs/log-lines.ts';
import { momentOf } from '../logs/moment.ts';
import { readLines } from '../logs/read-lines.ts';
import { stackOptions } from '../options.ts';

/** On both sides of the moment that is looked around. */
const AROUND_MINUTES = 5;
const MINUTE_MS = 60_000;

export const logs = verb({
  help: 'Shows what the services say, merged by time; secrets are left out',
  args: '[service]…',
  flags: {
    since: {
      type: 'string',
      value: 'TIME',
      help: 'From then on: 30m, 2h, 7d or 2026-11-29T08:00Z',
    },
    until: { type: 'string', value: 'TIME', help: 'Up to then' },
    around: {
      type: 'string',
      value: 'TIME',
      help: 'Some minutes before and after it',
    },
    minutes: {
      type: 'string',
      value: 'N',
      help: `So many before --around, and so many after (default: ${AROUND_MINUTES})`,
    },
    grep: { type: 'string', value: 'TEXT', help: 'Lines with this text alone' },
    level: { type: 'string', value: 'LEVEL', help: `That and what is worse: ${LEVELS.join(', ')}` },
    limit: {
      type: 'string',
      value: 'N',
      help: 'At most so many, 4 KB of each: the newest, or those that are nearest to --around',
    },
  },
  needs: stackOptions,
  async run({ args, flags, options: { dir }, show }) {
    const from = LEVELS.indexOf((flags.level ?? 'debug') as Level);
    if (from < 0)
      throw new UsageError(`There is no level "${flags.level}": use ${LEVELS.join(', ')}.`);
    const limit = wholeNumber(flags.limit, 'lines');
    const minutes = wholeNumber(flags.minutes, 'minutes') ?? AROUND_MINUTES;
    const now = new Date();
    const moment = (text: string | undefined) => (text ? momentOf(text, now) : undefined);
    const around = moment(flags.around);
    const beside = (sign: number) =>
      around && new Date(around.getTime() + sign * minutes * MINUTE_MS);
    const since = moment(flags.since) ?? beside(-1);
    const until = moment(flags.until) ?? beside(1);
    const grep = flags.grep?.toLowerCase() ?? '';
    const wanted = ({ level, text }: LogLine) =>
      LEVELS.indexOf(level) >= from && text.toLowerCase().includes(grep);
    const lines = gatherLines({ limit, around });
    for await (const line of readLines(dir, { services: args, since, until })) {
      if (wanted(line)) lines.add(line);
    }
    show(lines.all, (all) => all.map(lineOf));
    return 0;
  },
});

function wholeNumber(text: string | undefined, of: string): number | undefined {
  if (text === undefined || /^[1-9]\d*$/.test(text)) return text ? Number(text) : undefined;
  throw new UsageError(`"${text}" is no number of ${of}.`, 'Use 1 or more.');
}

const MARKS: Record<Level, string> = { debug: '·', info: ' ', warn: '!', error: '✘' };

function lineOf({ time, service, level, text }: LogLine): string {
  return `${time.slice(0, 23)}Z ${MARKS[level]} ${service.padEnd(9)} ${text}`;
}
