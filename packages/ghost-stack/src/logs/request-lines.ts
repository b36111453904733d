import { hasProfileIn } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { composeLines } from '../stack/compose.ts';
import { readKept } from './read-kept.ts';

/** Where in a line of the edge what is: headers are not in it, but for the two that it adds. */
const FORMAT = {
  ts: '%x.%^',
  request: { client_ip: '%h', proto: '%H', method: '%m', host: '%v', uri: '%U' },
  ...{ duration: '%T', size: '%b', status: '%s', user_agent: '%u', referer: '%R' },
};

/** What tells GoAccess how the edge writes: https://goaccess.io/man#custom-log */
export const GOACCESS_WORDS = [
  ...['--log-format', JSON.stringify(FORMAT), '--date-format', '%s', '--time-format', '%s'],
];

const LINE = /^\S+\s+\| (\S+) (\{.*"logger":"http\.log\.access.*)$/;

/** What the edge wrote of each request, a line each: what is kept since a moment first. */
export async function* requestLines(
  dir: string,
  { since, isFollowed }: { since: Date | undefined; isFollowed: boolean },
): AsyncGenerator<string> {
  const bounds = since ? ['--since', since.toISOString()] : [];
  const follow = isFollowed ? ['--follow'] : [];
  const words = ['logs', '--no-color', '--timestamps', ...bounds, ...follow, 'caddy'];
  const isKept = since && hasProfileIn('watch', process.env, readEnvFile(dir).values);
  const kept = isKept ? readKept(dir, { services: ['caddy'], since, until: undefined }) : [];
  let last = '';
  for await (const printed of kept) {
    const [, time = '', line] = LINE.exec(printed) ?? [];
    if (time > last) last = time;
    if (line) yield `${line}\n`;
  }
  for await (const printed of composeLines(dir, words)) {
    const [, time = '', line] = LINE.exec(printed) ?? [];
    if (line && time > last) yield `${line}\n`;
  }
}
