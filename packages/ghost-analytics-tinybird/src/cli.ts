#!/usr/bin/env node
import {
  createLogger,
  type ProsoraError,
  readOptions,
  readServiceStatus,
  stopGracefully,
} from '@prosora/service';
import { type CollectorOptions, startCollector } from './collector.ts';
import { deadLettersIn } from './data-dir.ts';
import { readDeadLetters } from './dead-letters.ts';
import { examine } from './doctor.ts';
import { collectorOptions } from './options.ts';

const HELP = `Usage: prosora-collector [verb]

  serve    Take page hits and send them on (the default)
  doctor   Look at everything that serve needs and say what to do
  status   What a running collector says of itself
  dead     Print the hits that the upstream does not take, and why, as lines of JSON

Options are environment variables; a secret may also be a file named by <NAME>_FILE:

${Object.values(collectorOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

/** Resolves with the exit code. */
const VERBS: Record<string, (options: CollectorOptions) => Promise<number>> = {
  async serve(options) {
    const secrets = [options.trackerToken];
    const logger = createLogger({ name: 'collector', level: options.logLevel, secrets });
    const { url, privateUrl, stop } = await startCollector(options, logger);
    logger.info({ url, privateUrl, upstream: options.upstreamUrl }, 'ready');
    stopGracefully({ stop, logger });
    return 0;
  },
  async doctor(options) {
    const findings = await examine(options);
    for (const { ok, text } of findings) print(`${ok ? '✔' : '✘'} ${text}`);
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
  async status(options) {
    const { isReady, lines } = await readServiceStatus({
      ...options,
      name: 'collector',
      hidden: 'prosora_spool_fsync',
    });
    print(lines.join('\n'));
    return isReady ? 0 : 1;
  },
  async dead({ dataDir }) {
    for (const letter of readDeadLetters(deadLettersIn(dataDir))) print(JSON.stringify(letter));
    return 0;
  },
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function run(name = 'serve'): Promise<number> {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb) return await verb(readOptions(collectorOptions));
  print(HELP);
  return ['help', '--help', '-h'].includes(name) ? 0 : 2;
}

try {
  process.exitCode = await run(process.argv[2]);
} catch (error) {
  // A stack says nothing to someone whose variable is missing or whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
