#!/usr/bin/env node
import type { ProsoraError } from '@prosora/service';
import { collectorOptions } from './options.ts';
import { verbsFor } from './verbs.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const VERBS = verbsFor(print);

const HELP = `Usage: prosora-collector [verb]

${Object.values(VERBS)
  .map(({ usage, help }) => `  ${usage}\n      ${help}`)
  .join('\n')}

Options are environment variables; a secret may also be a file named by <NAME>_FILE:

${Object.values(collectorOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

async function run([name = 'serve', ...args]: string[]): Promise<number> {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb) return await verb.run(args);
  print(HELP);
  return ['help', '--help', '-h'].includes(name) ? 0 : 2;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  // A stack says nothing to someone whose variable is missing or whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
