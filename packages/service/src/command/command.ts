import type { Options } from '../options/options.ts';
import type { Verb } from './verb.ts';

/** A command of ours, as `runCommand` runs it. */
export interface Command {
  /** How it is called. */
  name: string;
  version: string;
  /** What it is, in a sentence. */
  about: string;
  /** In the order of the help. `serve` runs when no verb is named. */
  verbs: Readonly<Record<string, Verb>>;
  /** Every option of the package, for the help. */
  options: Options;
  /** Files and flags that stand for more than one verb, as lines of the help. (Default: none) */
  notes?: string;
  /** Node's oldest major version on which it runs. (Default: that of the services, 24) */
  oldestNode?: number;
}

/** Checks a command's own shape as it is written. */
export const defineCommand = (command: Command): Command => command;
