import { fileURLToPath } from 'node:url';
import { runCommand, type ServiceProcess, spawnService } from '@prosora/service/testing';
import { onTestFinished } from 'vitest';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** How the command is started from source; what is published is a file alone. */
export const FROM_SOURCE = ['--conditions=@prosora/source', CLI];

/** The command as a process of its own. */
export type CollectorProcess = ServiceProcess;

/** Starts `serve` and resolves when it says that it is ready; it does not outlive the test. */
export async function spawnCollector(
  env: Record<string, string>,
  command: readonly string[] = FROM_SOURCE,
): Promise<CollectorProcess> {
  const collector = await spawnService(command, env);
  onTestFinished(() => void collector.child.kill('SIGKILL'));
  return collector;
}

/** Runs another verb to its end. */
export function runVerb(
  env: Record<string, string>,
  verb: readonly string[],
  command: readonly string[] = FROM_SOURCE,
) {
  return runCommand([...command, ...verb], env);
}
