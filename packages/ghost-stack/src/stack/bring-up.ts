import { ProsoraError } from '@prosora/service';
import { type Container, compose, containersOf } from './compose.ts';
import { assertWell, preflight } from './preflight.ts';
import { noteSecrets, servicesWithOldSecrets } from './secrets-in-use.ts';

/** A new version of Ghost changes its database at its first start. */
const LONGEST_START_S = '900';

/**
 * Starts the stack, or what changed of it, once everything that it needs is right.
 *
 * @param cutOff the command that was killed before, if one was
 * @throws ProsoraError `NOT_READY` before anything is touched, `NOT_HEALTHY` with what did not come up
 */
export async function bringUp(
  dir: string,
  print: (line: string) => void,
  cutOff?: string,
): Promise<Container[]> {
  await assertWell(preflight(dir, process.env), print, ['NOT_READY', 'Nothing was touched']);
  // Half of it may be gone, and what is left belong to another version of the stack's file.
  if (cutOff === 'down') await takeDown(dir);
  const words = ['up', '--detach', '--wait', '--wait-timeout', LONGEST_START_S];
  const stale = servicesWithOldSecrets(dir, process.env);
  await start(dir, words);
  if (stale.length > 0) await start(dir, [...words, '--force-recreate', '--no-deps', ...stale]);
  noteSecrets(dir, process.env);
  return await containersOf(dir);
}

/** Stops all of the stack; its data stays. */
export async function takeDown(dir: string): Promise<void> {
  await compose(dir, ['--profile', '*', 'down'], { isShown: process.stdout.isTTY });
}

async function start(dir: string, words: readonly string[]): Promise<void> {
  await compose(dir, words, { isShown: process.stdout.isTTY }).catch(async (cause: unknown) => {
    throw new ProsoraError('NOT_HEALTHY', await whatIsWrong(dir, cause), {
      help: '`prosora logs SERVICE` shows what it says.',
      cause,
    });
  });
}

/** What Docker said where no container tells it, such as of a port that is taken. */
async function whatIsWrong(dir: string, cause: unknown): Promise<string> {
  const containers = await containersOf(dir);
  const ill = containers.filter(
    ({ state, health, exitCode }) =>
      health === 'unhealthy' || (state !== 'running' && exitCode !== 0),
  );
  if (ill.length === 0) return (cause as Error).message;
  return ill.map(({ service, status }) => `${service}: ${status}.`).join('\n');
}
