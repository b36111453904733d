import { ProsoraError } from '../errors.ts';
import type { Handlers, Operations } from './operation.ts';
import { createLocalOperator, createOperatorClient, type Operator } from './operator-client.ts';
import { findOperatorTokens, type OperatorTokensOptions } from './operator-tokens.ts';

/** Where the verbs of a command look for the service that runs. */
export interface VerbOperatorOptions extends OperatorTokensOptions {
  privateHost: string;
  privatePort: number;
}

/** What a verb may need besides. */
export interface VerbOperatorSettings<O extends Operations> {
  /** What the service is called in a sentence: `engine`. */
  name: string;
  /** What may be done in this process where no service runs. (Default: nothing) */
  local?: Partial<Handlers<O>>;
  /** (Default: a minute) */
  timeoutMs?: number;
}

/**
 * What a verb asks: the service that runs, with the token that it made in the data folder, and where none runs this
 * process.
 *
 * `ask` throws ProsoraError as an `Operator` does, `NOT_RUNNING` for what has to have a service.
 */
export function createVerbOperator<O extends Operations>(
  operations: O,
  options: VerbOperatorOptions,
  { name: service, local = {}, ...rest }: VerbOperatorSettings<O>,
): Operator<O> {
  const { privateHost: host, privatePort } = options;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${privatePort}`;
  const here = createLocalOperator(operations, local as Handlers<O>);
  return {
    async ask(name, input) {
      try {
        const tokens = findOperatorTokens(options);
        if (tokens === undefined) {
          throw new ProsoraError('NOT_RUNNING', `No ${service} has run with ${options.dataDir}.`);
        }
        const token = tokens.write || tokens.read;
        return await createOperatorClient(operations, { url, token, ...rest }).ask(name, input);
      } catch (cause) {
        if ((cause as ProsoraError).code !== 'NOT_RUNNING') throw cause;
        if (Object.hasOwn(local, name)) return await here.ask(name, input);
        throw new ProsoraError('NOT_RUNNING', `No ${service} answers at ${url}.`, {
          help: 'Start it, or give this command the variables that it was started with.',
          cause,
        });
      }
    },
  };
}
