import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { ProsoraError } from '@prosora/service';

/** How `docker` is run. */
interface RunOptions {
  /** What it reads from its standard input. */
  input?: string;
  /** It uses this terminal itself: for what shows its own progress or asks. What it printed is then unknown. */
  isShown?: boolean;
  /** Added to its environment. */
  env?: Readonly<Record<string, string>>;
  /** Ends it, for what may take as long as a network likes. */
  signal?: AbortSignal;
}

/** The state of one of the stack's containers, as `docker compose ps` tells it. */
export interface Container {
  id: string;
  service: string;
  image: string;
  /** `running`, `exited`, `restarting`, … */
  state: string;
  /** `healthy`, `unhealthy`, `starting`; empty where it has no question for that. */
  health: string;
  exitCode: number;
  /** In words: `Up 3 hours (healthy)`. */
  status: string;
}

/** How much of what a failed command said goes into the error. */
const LAST_LINES = 15;

/**
 * Runs `docker` in the stack's folder and resolves with what it printed.
 *
 * @throws ProsoraError `DOCKER_MISSING` without the program, `DOCKER` with its last lines when it fails, and in its
 * context what it had `printed`
 */
export async function docker(
  dir: string,
  words: readonly string[],
  { input, isShown = false, env = {}, signal }: RunOptions = {},
): Promise<string> {
  const child = spawn('docker', words, {
    cwd: dir,
    env: { ...process.env, ...env },
    ...(signal && { signal }),
    stdio: isShown ? 'inherit' : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {}).end(input);
  const read = async (stream: typeof child.stdout) => (stream ? await text(stream) : '');
  const [[code], printed, said] = await Promise.all([
    once(child, 'close'),
    read(child.stdout),
    read(child.stderr),
  ]).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new ProsoraError('DOCKER_MISSING', 'There is no program "docker" here.', {
      help: 'Install Docker Engine: https://docs.docker.com/engine/install/',
      cause,
    });
  });
  if (code === 0) return printed;
  throw failed(words, code, said, printed);
}

/** The same of `docker compose`. */
export function compose(
  dir: string,
  words: readonly string[],
  options?: RunOptions,
): Promise<string> {
  return docker(dir, ['compose', ...words], options);
}

/**
 * The same, a line at a time: for what may be too much to be held.
 *
 * @throws ProsoraError `DOCKER` at the end, when it fails
 */
export async function* composeLines(dir: string, words: readonly string[]): AsyncGenerator<string> {
  const child = spawn('docker', ['compose', ...words], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]);
  try {
    yield* createInterface({ input: child.stdout });
    const [[code], said] = await ended;
    if (code !== 0) throw failed(['compose', ...words], code, said);
  } finally {
    child.kill();
  }
}

function failed(
  words: readonly string[],
  code: number | undefined,
  said: string,
  printed = '',
): ProsoraError {
  const last = said.trim().split('\n').slice(-LAST_LINES).join('\n');
  const command = `docker ${words.slice(0, 3).join(' ')}`;
  const sentence = `\`${command} …\` ended with ${code ?? 1}${last && `:\n${last}`}`;
  return new ProsoraError('DOCKER', sentence, { context: { printed } });
}

/** Every container that the stack has, those that ended too, but for those of single commands. */
export async function containersOf(dir: string): Promise<Container[]> {
  const rows = jsonLines(await compose(dir, ['ps', '--all', '--format', 'json']));
  const lasting = rows.filter(({ Labels: labels }) => !/oneoff=True/.test(String(labels)));
  return lasting.map((row) => ({
    id: String(row['ID']),
    service: String(row['Service']),
    image: String(row['Image']),
    state: String(row['State']),
    health: String(row['Health'] ?? ''),
    exitCode: Number(row['ExitCode']),
    status: String(row['Status']),
  }));
}

/** The stack's project, by the stack's own file: its name, and those of its volumes by what the file calls them. */
export async function projectIn(
  dir: string,
): Promise<{ name: string; volumes: Record<string, { name: string }> }> {
  const words = ['--profile', '*', 'config', '--format', 'json'];
  return JSON.parse(await compose(dir, words));
}

type Row = Record<string, unknown>;

/** Objects that Docker prints a line each, or, in some versions, all in one array. */
export function jsonLines(printed: string): Row[] {
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line): Row[] => [JSON.parse(line)].flat());
}
