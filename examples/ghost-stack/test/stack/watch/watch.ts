import { inject } from 'vitest';
import { compose, inspect } from '../stack.ts';

/** The services of the profile `watch`. */
export const WATCHERS = ['alerts', 'db-metrics', 'metrics', 'rules'] as const;
export type Watcher = (typeof WATCHERS)[number];

/** Each second, so that nothing has to be waited for. */
const EVERY = { WATCH_EVERY: '1s' };

const withProfile = (args: string[], env?: Record<string, string>) =>
  compose(['--profile', 'watch', ...args], env);

/**
 * Starts the profile beside the stack under test. One file does, `up.test.ts`, with all that needs it: a part stands in a
 * file of its own, wrapped in a `describe`, which that one imports.
 */
export async function startWatch(env: Record<string, string> = {}): Promise<void> {
  // What `ops` tells is as new as it is asked for.
  const words = ['up', '--detach', '--wait', '--no-deps', 'ops', ...WATCHERS];
  await withProfile(words, { ...EVERY, ...env });
}

/** Takes it away again; what it has kept goes with the stack. */
export async function stopWatch(): Promise<void> {
  await withProfile(['rm', '--stop', '--force', ...WATCHERS]);
  await withProfile(['up', '--detach', '--wait', '--no-deps', 'ops']);
}

/** Runs a program in the container of one of them. */
export function execIn(watcher: Watcher, ...command: string[]): Promise<string> {
  return withProfile(['exec', '--no-TTY', watcher, ...command]);
}

/** One series of an answer, with its value now. */
export interface Series {
  metric: Record<string, string>;
  value: [seconds: number, value: string];
}

/** Asks `metrics` what an expression gives now. @throws with what it said of one that it cannot read */
export async function askMetrics(query: string): Promise<Series[]> {
  const { project } = inject('stack');
  const { Networks } = (await inspect(`${project}-metrics-1`)).NetworkSettings;
  const address = Networks[`${project}_watch`]?.IPAddress;
  const words = new URLSearchParams({ query });
  const answer = await fetch(`http://${address}:8428/api/v1/query?${words}`);
  const { data, error } = (await answer.json()) as { data?: { result: Series[] }; error?: string };
  if (data === undefined) throw new Error(error);
  return data.result;
}
