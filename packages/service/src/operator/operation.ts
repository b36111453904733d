import type * as z from 'zod/v4/core';

/** One thing that an operator may ask of a running service: what client, service and OpenAPI document agree on. */
export interface Operation<
  Input extends z.$ZodType = z.$ZodType,
  Output extends z.$ZodType = z.$ZodType,
> {
  /** What it answers or does, in a sentence. */
  summary: string;
  /** `read` changes nothing. */
  access: 'read' | 'write';
  /** An object; for `read` its values come from the address, so that they are texts before they are parsed. */
  input: Input;
  /** What a client gets; transformations in it happen at the client. */
  output: Output;
}

/** A service's operations by name. */
export type Operations = Readonly<Record<string, Operation>>;

/** Lets an operation be written with the types of its own input and output. */
export function operation<Input extends z.$ZodType, Output extends z.$ZodType>(
  definition: Operation<Input, Output>,
): Operation<Input, Output> {
  return definition;
}

/**
 * What a service does for each of its operations. `caller` is who asked, as the log names them. A ProsoraError is
 * answered by its code: `NOT_FOUND` 404, `USAGE` 400, `REFUSED` and the `refusals` of the service 409; anything else
 * 500.
 */
export type Handlers<O extends Operations> = {
  readonly [K in keyof O]: (
    input: z.output<O[K]['input']>,
    caller: string,
  ) => Promise<z.input<O[K]['output']>> | z.input<O[K]['output']>;
};
