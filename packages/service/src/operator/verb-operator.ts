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

const SAME_VARIABLES = 'This command needs the variables that it was started with.';

/**
 * What a verb asks: the service that runs, with the token that it made in the data folder, and where none runs this
 * process.
 *
 * `ask` throws ProsoraError as an `Operator` does: `NOT_RUNNING` for what has to have a service, `UNAUTHORIZED` when
 * another one answers there.
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
        // Nobody knows which port a service chose; and without a token it was never started.
        if (tokens === undefined || privatePort === 0) throw new ProsoraError('NOT_RUNNING', '');
        const token = tokens.write || tokens.read;
        return await createOperatorClient(operations, { url, token, ...rest }).ask(name, input);
      } catch (cause) {
        const { code, message } = cause as ProsoraError;
        if (code === 'NOT_RUNNING' && Object.hasOwn(local, name))
          return await here.ask(name, input);
        if (code === 'NOT_RUNNING') {
          throw new ProsoraError(code, `No ${service} answers at ${url}.`, {
            help: `Start it. ${SAME_VARIABLES}`,
            cause,
          });
        }
        if (code !== 'UNAUTHORIZED') throw cause;
        const help = `Is it the ${service} of ${options.dataDir}? ${SAME_VARIABLES}`;
        throw new ProsoraError(code, `${url} says: ${message}`, { help, cause });
      }
    },
  };
}
