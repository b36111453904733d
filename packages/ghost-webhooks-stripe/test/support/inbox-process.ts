import { fileURLToPath } from 'node:url';
import { runCommand, type ServiceProcess, spawnService } from '@prosora/service/testing';

export { freePort } from '@prosora/service/testing';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** How the command is started: from source, or from what is published. */
const FROM_SOURCE = ['--conditions=@prosora/source', CLI];

/** The command as a process of its own. */
export type InboxProcess = ServiceProcess;

/** Starts `serve` and resolves when it says that it is ready. */
export function spawnInbox(
  env: Record<string, string>,
  command: readonly string[] = FROM_SOURCE,
): Promise<InboxProcess> {
  return spawnService(command, env);
}

/** Runs another verb to its end. */
export function runVerb(
  env: Record<string, string>,
  verb: readonly string[],
  command: readonly string[] = FROM_SOURCE,
) {
  return runCommand([...command, ...verb], env);
}
