import { rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { ProsoraError } from '@prosora/service/errors';
import { EngineError } from '../errors.ts';

/** What a person may ask of a running engine, by verb. */
export type Verbs = Readonly<Record<string, (input: Record<string, unknown>) => Promise<unknown>>>;

/** Named `engine.sock` in the data directory: whoever may open that may read the data anyway. */
const socketOf = (dataDir: string): string => join(dataDir, 'engine.sock');
const LONGEST_INPUT = 10_000;

/**
 * Answers verbs on a socket in the data directory, so that no port and no token is needed for them.
 *
 * @throws Error when the path of the socket is too long for the system (107 bytes).
 */
export async function startControl(dataDir: string, verbs: Verbs): Promise<AsyncDisposable> {
  const path = socketOf(dataDir);
  // The lock on the data directory says that no other engine listens there.
  await rm(path, { force: true });
  const server = createServer(async (incoming, response) => {
    try {
      let text = '';
      for await (const chunk of incoming) {
        text += chunk;
        if (text.length > LONGEST_INPUT) return void incoming.destroy();
      }
      const name = incoming.url?.slice(1) ?? '';
      const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
      if (!verb) throw new EngineError('NOT_FOUND', `There is no ${incoming.url} here.`);
      const output = await verb(inputOf(text));
      response.end(JSON.stringify(output ?? null));
    } catch (error) {
      const { message, help } = error as ProsoraError;
      response.writeHead(error instanceof EngineError ? error.status : 500);
      response.end(JSON.stringify({ message, help }));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function inputOf(text: string): Record<string, unknown> {
  const input: unknown = text === '' ? {} : JSON.parse(text);
  if (typeof input === 'object' && input !== null) return input as Record<string, unknown>;
  throw new EngineError('REQUEST_INVALID', 'What a verb is given has to be a JSON object.');
}

/**
 * Asks the engine that runs on a data directory.
 *
 * @throws ProsoraError `NOT_RUNNING`, `REFUSED` with what the engine said, or `UNREACHABLE` when it is not
 * known whether one runs.
 */
export async function askEngine<Output>(
  dataDir: string,
  verb: string,
  input: Record<string, unknown> = {},
): Promise<Output> {
  const { status, text } = await new Promise<{ status: number; text: string }>(
    (resolve, reject) => {
      const asked = request(
        { socketPath: socketOf(dataDir), path: `/${verb}`, method: 'POST' },
        async (response) => {
          let body = '';
          try {
            for await (const chunk of response) body += chunk;
            resolve({ status: response.statusCode ?? 500, text: body });
          } catch (cause) {
            reject(unanswered(dataDir, cause));
          }
        },
      );
      asked.once('error', (cause) => reject(unanswered(dataDir, cause)));
      asked.end(JSON.stringify(input));
    },
  );
  const output = JSON.parse(text);
  if (status === 200) return output;
  throw new ProsoraError('REFUSED', output.message, { help: output.help });
}

function unanswered(dataDir: string, cause: unknown): ProsoraError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new ProsoraError('NOT_RUNNING', `No engine runs on ${dataDir}.`, {
      help: 'Start it with `prosora-engine serve`, with the same PROSORA_ENGINE_DATA_DIR.',
      cause,
    });
  }
  return new ProsoraError('UNREACHABLE', `The engine on ${dataDir} gave no answer: ${message}`, {
    help: 'Run this as the user that runs the engine, and look at its log.',
    cause,
  });
}
