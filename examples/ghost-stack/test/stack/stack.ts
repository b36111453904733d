import { type ExecFileOptions, execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../../..');

/** A running stack as its tests find it. */
export interface StackUnderTest {
  /** A copy of what a user has after cloning. */
  dir: string;
  /** Compose's name of the project, in front of the names of containers and networks. */
  project: string;
  /** Where its edge is open on this machine. */
  port: number;
  /** What every command on it has in its environment. */
  env: Record<string, string>;
  /** The authority that signed the edge's certificate, in PEM. */
  ca: string;
}

/** The site's host name: the default, which needs no .env. */
export const DOMAIN = 'ghost.localhost';

/** Services that stay, with the sandbox. */
export const SERVICES = [
  'analytics',
  'caddy',
  'console',
  'db',
  'engine',
  'ghost',
  'mail',
  'ops',
  'pages',
  'redis',
  'sandbox',
  'webhooks',
] as const;
export type Service = (typeof SERVICES)[number];

/** The repository's root. */
export { ROOT };

/** Runs docker and resolves to what it printed. @throws with what it said on standard error */
export async function docker(args: string[], options: ExecFileOptions = {}): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: 64 * 2 ** 20, ...options });
  return String(stdout).trim();
}

/** No clock starts anything amid a test. */
export const QUIET = { BACKUP_AT: 'off', VERIFY_AT: 'off', DRILL_AT: 'off', UPDATE_AT: 'off' };

/** `docker compose` on the stack, with the sandbox's profile. */
export function composeIn({ dir, project, env }: Omit<StackUnderTest, 'ca'>) {
  return (args: string[], more: Record<string, string> = {}): Promise<string> =>
    docker(['compose', '--project-name', project, '--profile', 'sandbox', ...args], {
      cwd: dir,
      env: { ...process.env, ...QUIET, ...env, ...more },
    });
}

/** `docker compose` on the stack under test. */
export function compose(args: string[], env?: Record<string, string>): Promise<string> {
  return composeIn(inject('stack'))(args, env);
}

/** Runs a program in a service's container. */
export function exec(service: Service, ...command: string[]): Promise<string> {
  return docker(['exec', containerOf(service), ...command]);
}

/** Rows of Ghost's database, tab-separated. */
export function sql(statement: string): Promise<string> {
  const login = 'MYSQL_PWD="$(cat /run/secrets/db_root_password)" mysql -N -u root ghost -e "$0"';
  return exec('db', 'sh', '-c', login, statement);
}

/** One of the stack's own images. */
export function imageOf(name: 'ghost' | 'ops'): string {
  return `${inject('stack').env['PROSORA_REGISTRY'] ?? 'ghcr.io/prosora'}/${name}:dev`;
}

/** A service's container. */
export function containerOf(service: Service): string {
  return `${inject('stack').project}-${service}-1`;
}

/** What the engine knows of a container. */
export async function inspect(container: string): Promise<ContainerState> {
  return (
    JSON.parse(await docker(['inspect', container])) as ContainerState[]
  )[0] as ContainerState;
}

/** The part of `docker inspect` that is looked at here. */
export interface ContainerState {
  Id: string;
  State: { Pid: number; Health?: { Status: string } };
  RestartCount: number;
  Config: { User: string; Env: string[]; StopTimeout?: number };
  Mounts: { Type: string; Source: string; RW: boolean }[];
  HostConfig: {
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    CapAdd: string[] | null;
    SecurityOpt: string[] | null;
    Privileged: boolean;
    Memory: number;
    PidsLimit: number | null;
    LogConfig: { Type: string; Config: Record<string, string> };
    RestartPolicy: { Name: string };
  };
  NetworkSettings: {
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string }>;
  };
}

/** Resolves once every service is healthy. */
export async function allHealthy(): Promise<void> {
  await compose(['up', '--detach', '--wait', '--no-recreate']);
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackUnderTest;
  }
}
