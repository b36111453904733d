import { configOfRunningGhost, requireFromGhost } from '@prosora/service/ghost';
import { JobsError } from '../errors.ts';

/** Ghost's log, as far as it is used here. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** How Ghost keeps its own data. */
export interface GhostDatabase {
  client?: string;
  connection?: {
    host?: string;
    port?: number | string;
    user?: string;
    password?: string;
    database?: string;
    socketPath?: string;
    ssl?: unknown;
  };
}

/** The Ghost that an adapter runs in. */
export interface Ghost {
  /** What Ghost itself would get. */
  require: NodeJS.Require;
  log: Log;
  database: GhostDatabase;
  contentPath: string;
}

/** `require` of the Ghost whose process this is. @throws JobsError NOT_IN_GHOST */
export function ghostRequire(): NodeJS.Require {
  const fromGhost = requireFromGhost();
  if (fromGhost !== undefined) return fromGhost;
  throw new JobsError('NOT_IN_GHOST', 'This adapter runs in the process of a Ghost only.', {
    help: "Name it in Ghost's config, and start Ghost.",
  });
}

/** Reads what Ghost does not pass to adapters. @throws JobsError NOT_IN_GHOST */
export function runningGhost(): Ghost {
  const fromGhost = ghostRequire();
  const config = configOfRunningGhost();
  return {
    require: fromGhost,
    log: fromGhost('@tryghost/logging'),
    database: (config?.get('database') ?? {}) as GhostDatabase,
    contentPath: String(config?.get('paths:contentPath') ?? 'content'),
  };
}
