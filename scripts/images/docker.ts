import { execFileSync } from 'node:child_process';

/** Where and with what `docker` runs. */
export interface DockerOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Shows what it prints instead of returning it. */
  show?: boolean;
}

/** Runs `docker` and returns what it printed. @throws Error when it fails, after what it said */
export function docker(args: readonly string[], options: DockerOptions = {}): string {
  const { cwd, env, show = false } = options;
  const output = execFileSync('docker', args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    // What it says goes to standard error: standard output ends with counts where CI adds those up.
    stdio: ['ignore', show ? process.stderr.fd : 'pipe', 'inherit'],
  });
  return (output ?? '').trim();
}
