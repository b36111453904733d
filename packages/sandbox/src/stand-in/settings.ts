import * as z from 'zod';
import { SandboxError } from '../errors.ts';

/** The switches of one stand-in: what the vendor keeps in an account's settings or changes without notice. */
export interface Settings<Input, Output> {
  /** As they are now. */
  readonly current: Output;
  /** Changes the named ones. @throws SandboxError `SANDBOX_INPUT` that names what is wrong. */
  set(changes: Input): void;
  /** Back to what the sandbox started with. */
  reset(): void;
}

/** Creates the settings of a stand-in from their schema and what the sandbox was started with. */
export function createSettings<Schema extends z.ZodObject>(
  schema: Schema,
  initial: z.input<Schema>,
): Settings<z.input<Schema>, z.output<Schema>> {
  const start = parseInput(schema, initial);
  let current = start;
  return {
    get current() {
      return current;
    },
    set: (changes) => {
      current = parseInput(schema, { ...current, ...changes });
    },
    reset: () => {
      current = start;
    },
  };
}

/** Parses what a caller or a control request gave. @throws SandboxError `SANDBOX_INPUT` */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new SandboxError('SANDBOX_INPUT', z.prettifyError(parsed.error), { cause: parsed.error });
}
