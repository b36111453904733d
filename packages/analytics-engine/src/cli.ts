#!/usr/bin/env node
import {
  createLogger,
  type ProsoraError,
  readServiceStatus,
  stopGracefully,
} from '@prosora/service';
import { readOptions } from '@prosora/service/options';
import { examine } from './doctor.ts';
import { type EngineOptions, startEngine } from './engine.ts';
import { engineOptions } from './options.ts';

const HELP = `Usage: prosora-engine [serve | status | doctor]

  serve    answer Tinybird's API from the data directory (default)
  status   what a running engine says of itself
  doctor   what is missing before it can serve

Options are environment variables; a secret may also be a file named by <NAME>_FILE:

${Object.values(engineOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

const verbs: Record<string, (options: EngineOptions) => Promise<number>> = {
  serve,
  status,
  doctor,
};

async function serve(options: EngineOptions): Promise<number> {
  const logger = createLogger({
    name: 'engine',
    level: options.logLevel,
    secrets: [options.adminToken, options.trackerToken],
  });
  const engine = await startEngine(options, logger);
  stopGracefully({ stop: () => engine.close(), logger });
  return 0;
}

async function status(options: EngineOptions): Promise<number> {
  const { isReady, lines } = await readServiceStatus({
    ...options,
    name: 'engine',
    hidden: 'prosora_query_seconds',
  });
  console.log(lines.join('\n'));
  return isReady ? 0 : 1;
}

async function doctor(options: EngineOptions): Promise<number> {
  const findings = await examine(options);
  for (const { name, detail, isWell } of findings) {
    console.log(`${isWell ? '✔' : '✘'} ${name}: ${detail}`);
  }
  return findings.every(({ isWell }) => isWell) ? 0 : 1;
}

async function main(): Promise<number> {
  const verb = process.argv[2] ?? 'serve';
  const run = verbs[verb];
  if (run) return await run(readOptions(engineOptions));
  console.log(HELP);
  return verb === '--help' || verb === 'help' ? 0 : 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, help } = error as ProsoraError;
  console.error(help ? `${message}\n${help}` : message);
  process.exitCode = 1;
}
