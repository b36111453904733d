import type { Options, OptionValues } from '../options/options.ts';

/** One `--flag` of a verb. */
export interface Flag {
  type: 'boolean' | 'string';
  /** What it does, in a sentence. */
  help: string;
  /** What stands for its value in the help: `FILE`. */
  value?: string;
  /** May be given several times. */
  multiple?: boolean;
}

/** A verb's flags by their names. */
export type Flags = Record<string, Flag>;

/** What was given for them: a flag that was left out is false, an empty list or undefined. */
export type FlagValues<F extends Flags> = {
  [K in keyof F]: F[K] extends { type: 'boolean' }
    ? boolean
    : F[K] extends { multiple: true }
      ? string[]
      : string | undefined;
};

/** What a verb is called with. */
export interface VerbCall<O extends Options, F extends Flags> {
  /** The words behind the verb. */
  args: readonly string[];
  flags: FlagValues<F>;
  /** The values of the options that the verb needs. */
  options: OptionValues<O>;
  /** A line for a person, on its way; with `--json` nothing of it is printed. */
  print(line: string): void;
  /** What came of it: with `--json` as it is, else as the lines that `format` makes of it. */
  show<Result>(result: Result, format: (result: Result) => string | Iterable<string>): void;
  /** The same for a list of any length, which is never whole in memory: each as it comes. */
  showEach<Item>(
    items: AsyncIterable<Item> | Iterable<Item>,
    format: (item: Item) => string | Iterable<string>,
  ): Promise<void>;
}

/** One thing that a command does. */
export interface VerbDefinition<O extends Options, F extends Flags> {
  /** What it does, in a sentence without a full stop. */
  help: string;
  /** The words behind it, for the help and to count them: `<id>` must be given, `[id]` may be, `…` is any number. */
  args?: string;
  flags?: F;
  /** The options that it reads; no other may keep it from running. */
  needs?: O;
  /** Resolves with the exit code, or with nothing for 0. */
  run(call: VerbCall<O, F>): Promise<number | undefined> | number | undefined;
}

/** A verb whose own types only it knows. */
export type Verb = VerbDefinition<Options, Flags>;

/** Lets a verb be written with the types of its own flags and options. */
export function verb<
  const O extends Options = Record<never, never>,
  const F extends Flags = Record<never, never>,
>(definition: VerbDefinition<O, F>): Verb {
  return definition as unknown as Verb;
}
