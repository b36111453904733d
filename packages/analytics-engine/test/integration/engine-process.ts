import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ghostDatafiles } from './test-engine.ts';

const SOURCE = [
  '--conditions=@prosora/source',
  fileURLToPath(new URL('../../src/cli.ts', import.meta.url)),
];

/** What a run of the command came to. */
interface Outcome {
  code: number | null;
  output: string;
}

/** The command as a process. */
export interface EngineProcess {
  child: ChildProcess;
  /** What it printed until now. */
  readonly output: string;
  ended: Promise<Outcome>;
}

/** Runs the command from its source, or another file of it, on Ghost's datafiles. */
export async function runEngine(
  verb: string,
  env: Record<string, string>,
  command: readonly string[] = SOURCE,
  words: readonly string[] = [],
): Promise<EngineProcess> {
  const child = spawn(process.execPath, [...command, verb, ...words], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PROSORA_ENGINE_ADMIN_TOKEN: 'admin-token-of-this-test',
      PROSORA_ENGINE_DATAFILES: await ghostDatafiles(),
      ...env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<Outcome>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  return {
    child,
    get output() {
      return output;
    },
    ended,
  };
}
