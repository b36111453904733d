import path from 'node:path';
import { parseArgs } from 'node:util';

/** What one run of the example was asked for. */
export interface Settings {
  /** Prove everything, then stop. */
  exit: boolean;
  /** Begin with an empty site. */
  fresh: boolean;
  /** The site's port, on loopback. */
  port: number;
  /** The sandbox's console; each stand-in takes one of the ports after it. */
  sandboxPort: number;
  /** Holds the site and the stand-ins' state between runs; ignored by git. */
  dir: string;
}

/** The repository's root. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

const USAGE = `npm start [-- --exit] [-- --fresh]
  --exit    prove everything, then stop
  --fresh   begin with an empty site
  PROSORA_LOCAL_PORT (2368), PROSORA_LOCAL_SANDBOX_PORT (4100) and PROSORA_LOCAL_DIR (.prosora/local)
  move the site, the stand-ins and their files.`;

/**
 * Reads the command line and the environment.
 *
 * @throws Error with one sentence and the usage for an unknown flag or a port that is none.
 */
export function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
  const flags = parseFlags(args);
  return {
    ...flags,
    port: portFrom(env, 'PROSORA_LOCAL_PORT', 2368),
    sandboxPort: portFrom(env, 'PROSORA_LOCAL_SANDBOX_PORT', 4100),
    dir: path.resolve(env['PROSORA_LOCAL_DIR'] || path.join(ROOT, '.prosora/local')),
  };
}

function parseFlags(args: string[]): { exit: boolean; fresh: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args, options: { exit: flag, fresh: flag } }).values;
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${USAGE}`, { cause });
  }
}

function portFrom(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const port = Number(env[name] || fallback);
  if (Number.isInteger(port) && port > 0 && port < 65_500) return port;
  throw new Error(`${name} is ${env[name]}: set it to a port between 1 and 65499.`);
}
