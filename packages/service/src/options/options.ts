import { readFileSync } from 'node:fs';
import * as z from 'zod/v4/core';
import { ProsoraError } from '../errors.ts';

/** One option, described once: the code, `docs/configuration.md` and every refusal read it from here. */
export interface Option<Schema extends z.$ZodType = z.$ZodType> {
  /** The environment variable that sets it; `<env>_FILE` names a file that holds its value instead. */
  env: string;
  /** What it means and what changes with it, in a sentence. */
  description: string;
  /** Parses the variable's text; a default here is what applies when the variable is unset or empty. */
  schema: Schema;
  /** Unit of a number: `ms`, `bytes`, `port`. */
  unit?: string;
  /** What happens when unset, in words, where the schema's own default does not say it. */
  defaultText?: string;
  /** A value that works, shown in the documentation. */
  example?: string;
  /** Never shown, not even in the refusal of a wrong value. */
  secret?: boolean;
}

/** The options of one package by the names its code uses. */
export type Options = Record<string, Option>;

/** The values that `readOptions` returns for a table of options. */
export type OptionValues<T extends Options> = { [K in keyof T]: z.output<T[K]['schema']> };

/** Thrown by `readOptions`: one error that lists every problem, each with its variable and remedy. */
export class OptionsError extends ProsoraError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('OPTIONS_INVALID', `Cannot start:\n${problems.map((line) => `  - ${line}`).join('\n')}`, {
      help: 'Set the variables named above and start again.',
    });
    this.problems = problems;
  }
}

type Environment = Record<string, string | undefined>;

/**
 * Reads a package's options from the environment.
 *
 * An empty variable counts as unset, since Compose files pass `NAME=` for what the user left out.
 * `<NAME>_FILE` names a file that holds the value, as Docker secrets do; one newline at its end is dropped.
 *
 * @throws OptionsError with every problem at once; the text of a secret is never part of it.
 */
export function readOptions<T extends Options>(
  options: T,
  env: Environment = process.env,
): OptionValues<T> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, option] of Object.entries(options)) {
    try {
      const text = textOf(option, env);
      const parsed = z.safeParse(option.schema, text);
      if (parsed.success) values[name] = parsed.data;
      else problems.push(problemOf(option, text, parsed.error));
    } catch (error) {
      if (!(error instanceof ProsoraError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new OptionsError(problems);
  return values as OptionValues<T>;
}

function textOf(option: Option, env: Environment): string | undefined {
  const text = env[option.env] || undefined;
  const file = env[`${option.env}_FILE`] || undefined;
  if (file === undefined) return text;
  if (text !== undefined) {
    throw new ProsoraError(
      'OPTION_TWICE',
      `${option.env} and ${option.env}_FILE are both set: keep one.`,
    );
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ProsoraError(
      'OPTION_FILE',
      `${option.env}_FILE names ${file}, which cannot be read (${why}): check the path and its permissions.`,
    );
  }
}

function problemOf(option: Option, text: string | undefined, error: z.$ZodError): string {
  const wanted = `${option.description}${option.example ? ` For example: ${option.example}` : ''}`;
  if (text === undefined) return `${option.env} is required. ${wanted}`;
  const value = option.secret ? 'its value' : JSON.stringify(text);
  const why = error.issues.map((issue) => reasonOf(issue, option)).join('; ');
  return `${option.env}: ${value} is not accepted (${why}). ${wanted}`;
}

/** Of a secret only what cannot hold any of it: our own sentences, and how long it has to be. */
function reasonOf({ code, message }: z.$ZodIssue, { secret }: Option): string {
  return secret && code !== 'custom' && code !== 'too_small' ? code : message;
}

/** Those of a table's options that are named, so that a verb reads no others. */
export function pick<T extends Options, const K extends keyof T>(
  options: T,
  ...names: readonly K[]
): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<T, K>;
}
