import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What the adapter takes from the Ghost it runs in. */
export interface RunningGhost {
  /** Ghost's `url`. */
  siteUrl?: string;
  /** Ghost's `paths.contentPath`. */
  contentPath?: string;
}

/**
 * Reads two settings that Ghost does not pass to adapters from its config module, when this process
 * is a Ghost that has loaded it; nothing is loaded for it, and in any other process the answer is empty.
 */
export function readRunningGhost(entry: string | undefined = process.argv[1]): RunningGhost {
  try {
    // `current` is a symlink in ghost-cli installs; modules are known by their real path.
    const fromGhost = createRequire(realpathSync(entry ?? ''));
    const config = fromGhost.cache[fromGhost.resolve('./core/shared/config')]?.exports;
    return { siteUrl: config.get('url'), contentPath: config.get('paths:contentPath') };
  } catch {
    return {};
  }
}
