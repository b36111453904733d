import { fileURLToPath } from 'node:url';
import { runCommand, type ServiceProcess, spawnService } from '@prosora/service/testing';
import { ADMIN_TOKEN, ghostDatafiles } from './test-engine.ts';

/** What runs the command from its source. */
const SOURCE = [
  '--conditions=@prosora/source',
  fileURLToPath(new URL('../../src/cli.ts', import.meta.url)),
];

/** The command, or another file of it, with the variables it has to have. */
interface Command {
  env: Record<string, string>;
  command?: readonly string[];
}

/** Starts `serve` on Ghost's datafiles and resolves when it is ready. */
export async function serveEngine({ env, command = SOURCE }: Command): Promise<ServiceProcess> {
  return await spawnService([...command, 'serve'], await withDefaults(env));
}

/** Runs a verb to its end; `output` is all that it printed. */
export async function runEngine(
  words: readonly string[],
  { env, command = SOURCE }: Command,
): Promise<{ code: number; output: string }> {
  const outcome = await runCommand([...command, ...words], await withDefaults(env));
  return { code: outcome.code, output: outcome.stdout + outcome.stderr };
}

async function withDefaults(env: Record<string, string>): Promise<Record<string, string>> {
  return {
    PROSORA_ENGINE_ADMIN_TOKEN: ADMIN_TOKEN,
    PROSORA_ENGINE_DATAFILES: await ghostDatafiles(),
    ...env,
  };
}
