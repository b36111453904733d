import { UsageError, verb } from '@prosora/service';
import { hiderOf } from '../logs/hide.ts';
import { LEVELS, type Level, type LogLine, readLogs } from '../logs/log-lines.ts';
import { stackOptions } from '../options.ts';
import { compose } from '../stack/compose.ts';

export const logs = verb({
  help: 'Shows what the services say, merged by time; secrets are left out',
  args: '[service]…',
  flags: {
    since: { type: 'string', value: 'TIME', help: 'From then on: 30m, 2h or 2026-11-29T08:00:00Z' },
    until: { type: 'string', value: 'TIME', help: 'Up to then' },
    grep: { type: 'string', value: 'TEXT', help: 'Lines with this text alone' },
    level: { type: 'string', value: 'LEVEL', help: `That and what is worse: ${LEVELS.join(', ')}` },
  },
  needs: stackOptions,
  async run({ args, flags, options: { dir }, show }) {
    const from = LEVELS.indexOf((flags.level ?? 'debug') as Level);
    if (from < 0)
      throw new UsageError(`There is no level "${flags.level}": use ${LEVELS.join(', ')}.`);
    const bounds = (['since', 'until'] as const).flatMap((name) => {
      const value = flags[name];
      return value === undefined ? [] : [`--${name}`, value];
    });
    const words = ['--profile', '*', 'logs', '--no-color', '--timestamps', ...bounds, ...args];
    const hide = hiderOf(dir);
    const wanted = flags.grep?.toLowerCase() ?? '';
    const lines = readLogs(await compose(dir, words))
      .map((line) => ({ ...line, text: hide(line.text) }))
      .filter(
        ({ level, text }) => LEVELS.indexOf(level) >= from && text.toLowerCase().includes(wanted),
      );
    show(lines, (all) => all.map(lineOf));
    return 0;
  },
});

const MARKS: Record<Level, string> = { debug: '·', info: ' ', warn: '!', error: '✘' };

function lineOf({ time, service, level, text }: LogLine): string {
  return `${time.slice(0, 23)}Z ${MARKS[level]} ${service.padEnd(9)} ${text}`;
}
