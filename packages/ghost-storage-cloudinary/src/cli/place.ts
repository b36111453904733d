import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type GhostSettings, readGhostSettings } from '@prosora/service/ghost';

/** Where the command is run; `process` is such a place. */
export interface Place {
  cwd(): string;
  env: Record<string, string | undefined>;
  /** For progress, which is no part of what comes of a verb. */
  stderr: { write(text: string): unknown; isTTY?: boolean };
}

/** Flags of every verb that reads Ghost's config. */
export const CONFIG_FLAG = {
  config: {
    type: 'string',
    value: 'FILE',
    help: "Ghost's config (default: config.production.json, else config.development.json)",
  },
} as const;

/** Flags of a verb that needs Ghost's `sharp`. */
export const GHOST_FLAG = {
  ghost: {
    type: 'string',
    value: 'FOLDER',
    help: "Ghost's install, for its sharp (default: current, else this folder)",
  },
} as const;

/** Ghost's settings as the place has them. @throws ProsoraError GHOST_CONFIG_UNREADABLE */
export function settingsAt(place: Place, flags: { config: string | undefined }): GhostSettings {
  return readGhostSettings({ dir: place.cwd(), file: flags.config, env: place.env });
}

/** Ghost's `index.js`; undefined where there is none. */
export function ghostEntryAt(
  place: Place,
  { ghost }: { ghost: string | undefined },
): string | undefined {
  const folders = ghost === undefined ? ['current', '.'] : [ghost];
  return folders
    .map((folder) => resolve(place.cwd(), folder, 'index.js'))
    .find((entry) => existsSync(entry));
}
