import { hasProfileIn } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { composeLines } from '../stack/compose.ts';
import { hiderOf } from './hide.ts';
import { type LogLine, readLogs } from './log-lines.ts';
import { readKept } from './read-kept.ts';

/** Which lines are read. */
export interface WantedLines {
  /** All of them where it is empty. */
  services: readonly string[];
  /** Without it there is what Docker has. */
  since?: Date | undefined;
  until?: Date | undefined;
}

/**
 * What the services said, with secrets left out: first what `ops` has kept, then what Docker has. A line that both have
 * comes twice.
 *
 * @throws ProsoraError `DOCKER`
 */
export async function* readLines(dir: string, wanted: WantedLines): AsyncGenerator<LogLine> {
  const hide = hiderOf(dir);
  for await (const printed of printedLines(dir, wanted)) {
    for (const line of readLogs(printed)) yield { ...line, text: hide(line.text) };
  }
}

async function* printedLines(
  dir: string,
  { services, since, until }: WantedLines,
): AsyncGenerator<string> {
  if (since && hasProfileIn('watch', process.env, readEnvFile(dir).values)) {
    yield* readKept(dir, { services, since, until });
  }
  const bounds = Object.entries({ since, until }).flatMap(([name, moment]) =>
    moment ? [`--${name}`, moment.toISOString()] : [],
  );
  const words = ['--profile', '*', 'logs', '--no-color', '--timestamps', ...bounds, ...services];
  yield* composeLines(dir, words);
}
