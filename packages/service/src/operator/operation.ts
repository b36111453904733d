import type * as z from 'zod/v4/core';

/** Who asked, as the log names them: `prosora-mail as uid 1000`, or the address that a console's user signed in with. */
export type Caller = string;

/** One thing that an operator may ask of a running service. */
export interface OperationDefinition<Input extends z.$ZodType, Output extends z.$ZodType> {
  /** What it answers or does, in a sentence. */
  summary: string;
  /** `read` changes nothing. */
  access: 'read' | 'write';
  /** An object; for `read` its values are read from the address, so that they are texts before they are parsed. */
  input: Input;
  output: Output;
  /**
   * Does it.
   *
   * @throws ProsoraError `NOT_FOUND` is answered 404, `REFUSED` 409, `USAGE` 400, and anything else 500
   */
  run(input: z.output<Input>, caller: Caller): Promise<z.input<Output>>;
}

/** An operation whose own types only it and its client know. */
export type Operation = OperationDefinition<z.$ZodType, z.$ZodType>;

/** A service's operations by name; a client takes its types from them. */
export type Operations = Readonly<Record<string, Operation>>;

/** Lets an operation be written with the types of its own input and output. */
export function operation<Input extends z.$ZodType, Output extends z.$ZodType>(
  definition: OperationDefinition<Input, Output>,
): OperationDefinition<Input, Output> {
  return definition;
}
