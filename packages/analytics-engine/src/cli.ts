#!/usr/bin/env node
import type { ProsoraError } from '@prosora/service';
import { engineOptions } from './options.ts';
import { VERBS } from './verbs.ts';

const HELP = `Usage: prosora-engine [${Object.keys(VERBS).join(' | ')}]

${Object.values(VERBS)
  .map(({ usage, description }) => `  ${usage}\n      ${description}`)
  .join('\n')}

Options are environment variables; a secret may also be a file named by <NAME>_FILE:

${Object.values(engineOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

async function main(): Promise<number> {
  const [verb = 'serve', ...words] = process.argv.slice(2);
  const known = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (known) return await known.run(words);
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
