import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** How the command is started: from source, or from what is published. */
const FROM_SOURCE = ['--conditions=@prosora/source', CLI];

/** The command as a process of its own. */
export interface InboxProcess {
  url: string;
  privateUrl: string;
  /** Ends it and resolves with its exit code, `null` after a SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `serve` and resolves when it says that it is ready. */
export async function spawnInbox(
  env: Record<string, string>,
  command: readonly string[] = FROM_SOURCE,
): Promise<InboxProcess> {
  const child = spawn(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const { url, privateUrl } = await readyLine(child, exited);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return { url, privateUrl, end };
}

async function readyLine(child: ChildProcess, exited: Promise<number | null>) {
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const ready = new Promise<{ url: string; privateUrl: string }>((resolve) => {
    // Read to the end, or the process stops at a full pipe.
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.includes('"msg":"ready"')) resolve(JSON.parse(line));
    });
  });
  const failed = exited.then((code) => {
    throw new Error(`The inbox ended with ${code}: ${errors}`);
  });
  return Promise.race([ready, failed]);
}

/** Runs another verb to its end. */
export async function runVerb(
  env: Record<string, string>,
  verb: readonly string[],
  command: readonly string[] = FROM_SOURCE,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env } };
  try {
    const done = await promisify(execFile)(process.execPath, [...command, ...verb], options);
    return { code: 0, ...done };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

/** A port that was free a moment ago, for what has to come back on the same one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
