import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GhostConfig, GhostMode } from './config.ts';

/** Where a site's files are. */
export interface SiteFolder {
  dir: string;
  contentDir: string;
  databaseFile: string;
  logFile: string;
}

/** Names the places of a site's files without touching them. */
export function siteFolderAt(dir: string, contentDir: string = join(dir, 'content')): SiteFolder {
  return {
    dir,
    contentDir,
    databaseFile: join(contentDir, 'data', 'ghost.db'),
    logFile: join(dir, 'ghost.log'),
  };
}

/**
 * Makes a site's folder ready for a boot. Ghost finds its own version through
 * `current/package.json` of the folder it is started in (`@tryghost/version`), hence that link.
 * Content that is there already stays; what is missing, such as a theme, comes from Ghost's package.
 */
export async function prepareSiteFolder(site: SiteFolder, ghostDir: string) {
  for (const dir of [site.dir, dirname(site.databaseFile)]) await mkdir(dir, { recursive: true });
  await cp(join(ghostDir, 'content'), site.contentDir, { recursive: true, force: false });
  const link = join(site.dir, 'current');
  await rm(link, { force: true });
  await symlink(ghostDir, link, 'junction');
}

/** Writes `config.<mode>.json`, readable by its owner only: it may hold keys. */
export async function writeConfig(site: SiteFolder, mode: GhostMode, config: GhostConfig) {
  const file = join(site.dir, `config.${mode}.json`);
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
