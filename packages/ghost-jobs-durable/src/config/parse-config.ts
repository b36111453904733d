import { nearest } from '@prosora/service/nearest';
import { type Option, OptionsError, readOptions } from '@prosora/service/options';
import { JobsError } from '../errors.ts';
import { type JobsOptions, jobsOptions } from '../options.ts';

type Environment = Record<string, string | undefined>;

const names = Object.keys(jobsOptions);

/**
 * Reads an adapter's block of Ghost's config, with the environment for what it leaves out.
 *
 * @throws JobsError JOBS_CONFIG_INVALID with every problem: its key, the shape expected, what to do
 */
export function parseConfig(config: unknown, env: Environment = process.env): JobsOptions {
  if (config !== undefined && (typeof config !== 'object' || config === null)) {
    throw configError(['The adapter\'s block must be an object: {"store": "auto", …}.']);
  }
  const block = Object.entries(config ?? {}).filter(([, value]) => value != null);
  const problems = block.filter(([key]) => !names.includes(key)).map(([key]) => unknownKey(key));
  const given = new Map(
    block.map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : `${value}`,
    ]),
  );
  // Of what the block says, a problem is told by its key, and of the rest by the variable.
  const table = Object.fromEntries(
    Object.entries<Option>(jobsOptions).map(([key, option]) => [
      key,
      given.has(key) ? { ...option, env: key } : option,
    ]),
  );
  try {
    const options = readOptions(table, { ...env, ...Object.fromEntries(given) });
    if (problems.length > 0) throw configError(problems);
    return options as JobsOptions;
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    throw configError([...problems, ...error.problems]);
  }
}

function unknownKey(key: string): string {
  const meant = nearest(key, names);
  const hint = meant ? `did you mean "${meant}"?` : `the options are ${names.join(', ')}.`;
  return `${JSON.stringify(key)} is not an option: ${hint}`;
}

function configError(problems: string[]): JobsError {
  return new JobsError(
    'JOBS_CONFIG_INVALID',
    `The adapters for jobs and scheduling cannot start:${problems.map((line) => `\n    - ${line}`).join('')}`,
    { help: "Correct the adapter's block in Ghost's config and start Ghost again." },
  );
}
