import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ProsoraError } from '../errors.ts';

/** A block of Ghost's config. */
export type Block = Record<string, unknown>;

type Environment = Record<string, string | undefined>;

/** What the command takes from a Ghost that need not run. */
export interface GhostSettings {
  env: Environment;
  /** The files that were read. */
  source: string;
  /** Ghost's whole config, environment included. */
  config: Block;
  /** Ghost's `url`. */
  siteUrl: string | undefined;
  /** Absolute. */
  contentPath: string;
}

const FILES = ['config.production.json', 'config.development.json'];

/**
 * Reads a Ghost's config from its folder, and what the environment sets as Ghost reads it
 * (`storage__active=…`).
 *
 * @throws ProsoraError GHOST_CONFIG_UNREADABLE
 */
export function readGhostSettings({
  dir,
  file,
  env,
}: {
  dir: string;
  file?: string | undefined;
  env: Environment;
}): GhostSettings {
  const found =
    (file && resolve(dir, file)) ??
    FILES.map((name) => join(dir, name)).find((path) => existsSync(path));
  const config = withEnvironment(found === undefined ? {} : parseFile(found), env);
  const base = found === undefined ? resolve(dir) : dirname(resolve(found));
  const contentPath = at(config, 'paths', 'contentPath');
  const siteUrl = at(config, 'url');
  return {
    env,
    source: found ?? 'the environment',
    config,
    siteUrl: typeof siteUrl === 'string' ? siteUrl : undefined,
    contentPath: resolve(base, typeof contentPath === 'string' ? contentPath : 'content'),
  };
}

/** The value at a path of keys. */
export function at(config: Block, ...keys: string[]): unknown {
  return keys.reduce<unknown>((value, key) => asBlock(value)[key], config);
}

/** An object as a block, anything else as an empty one. */
export function asBlock(value: unknown): Block {
  return typeof value === 'object' && value !== null ? (value as Block) : {};
}

function parseFile(path: string): Block {
  try {
    return asBlock(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is not JSON' : String(cause);
    throw new ProsoraError(
      'GHOST_CONFIG_UNREADABLE',
      `Ghost's config ${path} cannot be read: ${why}.`,
      { cause, help: "Run the command in Ghost's folder, or name the file with --config." },
    );
  }
}

/** Of a nested key the file that holds its value, as Ghost has it: core/shared/config/secrets.js. */
const FILE_SUFFIX = /_file$/i;

/** Ghost takes `a__b=c` for `{"a": {"b": "c"}}` (nconf, separator `__`). */
function withEnvironment(config: Block, env: Environment): Block {
  const merged = structuredClone(config);
  for (const [name, value] of Object.entries(env)) {
    const isFile = FILE_SUFFIX.test(name);
    const keys = (isFile ? name.replace(FILE_SUFFIX, '') : name).split('__');
    if (value === undefined || (isFile && value === '')) continue;
    if (keys.length === 1 && name !== 'url') continue;
    const last = keys.pop() ?? '';
    let block = merged;
    for (const key of keys) {
      block[key] = { ...asBlock(block[key]) };
      block = block[key] as Block;
    }
    block[last] = isFile ? secretIn(value, name) : parsed(value);
  }
  return merged;
}

function secretIn(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code;
    throw new ProsoraError(
      'GHOST_CONFIG_UNREADABLE',
      `${name} names ${file}, which cannot be read (${why}).`,
      { cause, help: 'Run the command as the user of Ghost.' },
    );
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
