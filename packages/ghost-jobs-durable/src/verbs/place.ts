import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openStore, type Queue } from '@prosora/durable';
import {
  at,
  type GhostSettings,
  readGhostSettings,
  requireFromGhost,
} from '@prosora/service/ghost';
import type { Ghost, GhostDatabase } from '../config/ghost.ts';
import { parseConfig } from '../config/parse-config.ts';
import { JobsError } from '../errors.ts';
import { placeOf } from '../store/place.ts';
import { CALLBACKS, type JobStore, knownLanes, laneQueue, migrations } from '../store/tables.ts';

/** Where the command is run; `process` is such a place. */
export interface Place {
  cwd(): string;
  env: Record<string, string | undefined>;
}

/** Flags of every verb. */
export const GHOST_FLAGS = {
  config: {
    type: 'string',
    value: 'FILE',
    help: "Ghost's config (default: config.production.json, else config.development.json)",
  },
  ghost: {
    type: 'string',
    value: 'FOLDER',
    help: "Ghost's install, for its database driver (default: current, else this folder)",
  },
} as const;

export interface GhostFlags {
  config: string | undefined;
  ghost: string | undefined;
}

/** Ghost's settings as the place has them. @throws ProsoraError GHOST_CONFIG_UNREADABLE */
export function settingsAt(place: Place, { config }: GhostFlags): GhostSettings {
  return readGhostSettings({ dir: place.cwd(), file: config, env: place.env });
}

/** The block of an adapter, whatever its name in this Ghost. */
export function blockOf({ config }: GhostSettings, type: 'jobs' | 'scheduling'): unknown {
  const active = at(config, 'adapters', type, 'active');
  return typeof active === 'string' ? at(config, 'adapters', type, active) : undefined;
}

/** The Ghost of which the store is. @throws JobsError NOT_IN_GHOST */
export function ghostAt(place: Place, flags: GhostFlags): Omit<Ghost, 'log'> {
  const settings = settingsAt(place, flags);
  const folders = flags.ghost === undefined ? ['current', '.'] : [flags.ghost];
  const entry = folders
    .map((folder) => resolve(place.cwd(), folder, 'index.js'))
    .find((path) => existsSync(path));
  const fromGhost = entry === undefined ? undefined : requireFromGhost(entry);
  if (fromGhost === undefined) {
    throw new JobsError('NOT_IN_GHOST', `There is no Ghost in ${folders.join(' or ')}.`, {
      help: "Run the command in Ghost's folder, or name its install with --ghost.",
    });
  }
  return {
    require: fromGhost,
    contentPath: settings.contentPath,
    database: (at(settings.config, 'database') ?? {}) as GhostDatabase,
  };
}

/** The store, and its queues in the order in which they are shown. */
export interface OpenedStore {
  store: JobStore;
  queues: Queue<never>[];
}

/** Opens the store that Ghost's adapters made, and makes none. @throws what `openStore` throws */
export async function withStore<T>(
  place: Place,
  flags: GhostFlags,
  work: (opened: OpenedStore) => Promise<T>,
): Promise<T> {
  const ghost = ghostAt(place, flags);
  const options = parseConfig(blockOf(settingsAt(place, flags), 'jobs'), place.env);
  const expected = { toBegin: 'Start Ghost with the adapters once.' };
  await using store = await openStore({ ...placeOf(options, ghost), migrations, expected });
  const kept = store as unknown as JobStore;
  const names = [CALLBACKS, ...(await knownLanes(kept)).map(laneQueue)];
  return await work({
    store: kept,
    queues: names.map((name) => kept.queue(name) as unknown as Queue<never>),
  });
}
