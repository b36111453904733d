import { userInfo } from 'node:os';
import * as z from 'zod/v4/core';
import { ProsoraError } from '../errors.ts';
import { askOperation } from './ask-operation.ts';
import type { Handlers, Operations } from './operation.ts';
import { createRunner } from './serve-operations.ts';

/** Asks a service's operations, with the types that they have there. */
export interface Operator<O extends Operations> {
  /**
   * @throws ProsoraError with what the service said; `NOT_RUNNING` when nothing listens there, so that nothing was
   * done; `UNANSWERED` when the connection broke, so that nobody knows
   */
  ask<K extends keyof O & string>(
    name: K,
    input: z.input<O[K]['input']>,
  ): Promise<z.output<O[K]['output']>>;
}

/** Where a service's operator API is. */
export interface OperatorClientOptions {
  /** The private listener's origin. */
  url: string;
  token: string;
  /** Who asks, for the service's log. (Default: the command and the user of this process) */
  caller?: string;
  /** (Default: a minute) */
  timeoutMs?: number;
}

/** A client of a running service. */
export function createOperatorClient<O extends Operations>(
  operations: O,
  { caller = thisProcess(), timeoutMs = 60_000, ...place }: OperatorClientOptions,
): Operator<O> {
  return {
    async ask(name, input) {
      const { access, output } = operationOf(operations, name);
      const isWrite = access === 'write';
      const call = { ...place, caller, timeoutMs, name, isWrite, input: input as object };
      return z.parse(output, await askOperation(call)) as never;
    },
  };
}

/** The same in this process, where no service runs. */
export function createLocalOperator<O extends Operations>(
  operations: O,
  handlers: Handlers<O>,
): Operator<O> {
  const run = createRunner(operations, handlers);
  return {
    async ask(name, input) {
      const output = await run(name, input, thisProcess());
      // As it would be after its way through JSON.
      const body: unknown = JSON.parse(JSON.stringify(output ?? null));
      return z.parse(operationOf(operations, name).output, body) as never;
    },
  };
}

function operationOf<O extends Operations>(operations: O, name: keyof O & string) {
  const operation = operations[name];
  if (operation === undefined)
    throw new ProsoraError('NOT_FOUND', `There is no operation ${name}.`);
  return operation;
}

function thisProcess(): string {
  return `${userInfo().username} at the command line`;
}
