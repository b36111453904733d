import { UsageError, verb } from '@prosora/service';
import { hiderOf } from '../logs/hide.ts';
import { byTime, LEVELS, type Level, type LogLine, readLogs } from '../logs/log-lines.ts';
import { momentOf } from '../logs/moment.ts';
import { readKept } from '../logs/read-kept.ts';
import { stackOptions } from '../options.ts';
import { hasProfileIn } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { compose } from '../stack/compose.ts';

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
    grep: { type: 'string', value: 'TEXT', help: 'Lines with this text alone' },
    level: { type: 'string', value: 'LEVEL', help: `That and what is worse: ${LEVELS.join(', ')}` },
  },
  needs: stackOptions,
  async run({ args, flags, options: { dir }, show }) {
    const from = LEVELS.indexOf((flags.level ?? 'debug') as Level);
    if (from < 0)
      throw new UsageError(`There is no level "${flags.level}": use ${LEVELS.join(', ')}.`);
    const now = new Date();
    const [since, until] = [flags.since, flags.until].map((text) => text && momentOf(text, now));
    const bounds = Object.entries({ since, until }).flatMap(([name, moment]) =>
      moment ? [`--${name}`, moment.toISOString()] : [],
    );
    const words = ['--profile', '*', 'logs', '--no-color', '--timestamps', ...bounds, ...args];
    const hide = hiderOf(dir);
    const grep = flags.grep?.toLowerCase() ?? '';
    const wanted = (printed: string): LogLine[] =>
      readLogs(printed)
        .map((line) => ({ ...line, text: hide(line.text) }))
        .filter(
          ({ level, text }) => LEVELS.indexOf(level) >= from && text.toLowerCase().includes(grep),
        );
    // Of a line that was kept and that Docker still has, once.
    const lines = new Map<string, LogLine>();
    const add = (line: LogLine) => lines.set(`${line.service} ${line.time}`, line);
    if (since && hasProfileIn('watch', process.env, readEnvFile(dir).values)) {
      const kept = readKept(dir, { services: args, since, until: until || undefined });
      for await (const printed of kept) wanted(printed).forEach(add);
    }
    wanted(await compose(dir, words)).forEach(add);
    show([...lines.values()].sort(byTime), (all) => all.map(lineOf));
    return 0;
  },
});

const MARKS: Record<Level, string> = { debug: '·', info: ' ', warn: '!', error: '✘' };

function lineOf({ time, service, level, text }: LogLine): string {
  return `${time.slice(0, 23)}Z ${MARKS[level]} ${service.padEnd(9)} ${text}`;
}
