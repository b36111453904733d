import { findingLine, ProsoraError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { rotateSecrets } from '../services/rotate-secret.ts';
import { compose, containersOf } from '../stack/compose.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';
import { preflight } from '../stack/preflight.ts';
import { noteSecrets, servicesWithOldSecrets } from '../stack/secrets-in-use.ts';

/** A new version of Ghost changes its database at its first start. */
const LONGEST_START_S = '900';

export const up = verb({
  help: 'Starts the stack, or takes on what changed, once everything it needs is right',
  needs: stackOptions,
  async run({ options: { dir }, print, show }) {
    return await oneAtATime(dir, 'up', async (unfinished) => {
      if (unfinished) print(`\`prosora ${unfinished.command}\` was cut off; it is ended here.`);
      await assertReady(dir, print);
      // Half of it may be gone, and what is left belong to another version of the stack's file.
      if (unfinished?.command === 'down') await stop(dir);
      const words = ['up', '--detach', '--wait', '--wait-timeout', LONGEST_START_S];
      const stale = servicesWithOldSecrets(dir, process.env);
      await start(dir, words);
      if (stale.length > 0) await start(dir, [...words, '--force-recreate', '--no-deps', ...stale]);
      noteSecrets(dir, process.env);
      const [, cutOff = ''] = /^secrets rotate (.+)/.exec(unfinished?.command ?? '') ?? [];
      if (cutOff) await rotateSecrets(dir, cutOff.split(' '), print);
      const containers = await containersOf(dir);
      show({ containers }, () => 'The stack is up and healthy.');
      return 0;
    });
  },
});

export const down = verb({
  help: 'Stops the stack; its data stays',
  needs: stackOptions,
  async run({ options: { dir }, show }) {
    await oneAtATime(dir, 'down', () => stop(dir));
    show({}, () => 'The stack is down; its data is kept.');
    return 0;
  },
});

function stop(dir: string): Promise<string> {
  return compose(dir, ['--profile', '*', 'down'], { isShown: process.stdout.isTTY });
}

/** @throws ProsoraError `NOT_HEALTHY` with what did not come up */
async function start(dir: string, words: readonly string[]): Promise<void> {
  await compose(dir, words, { isShown: process.stdout.isTTY }).catch(async (cause: unknown) => {
    throw new ProsoraError('NOT_HEALTHY', await whatIsWrong(dir, cause), {
      help: '`prosora logs SERVICE` shows what it says.',
      cause,
    });
  });
}

/** @throws ProsoraError `NOT_READY` with each reason, before anything is touched */
async function assertReady(dir: string, print: (line: string) => void): Promise<void> {
  const wrong: string[] = [];
  for await (const finding of preflight(dir, process.env)) {
    if (finding.status === 'fail') wrong.push(findingLine(finding));
    else print(findingLine(finding));
  }
  if (wrong.length === 0) return;
  throw new ProsoraError('NOT_READY', `Nothing was touched, since:\n${wrong.join('\n')}`);
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
