import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AssetUrls } from './asset-urls.ts';

/** What the adapter takes from the Ghost it runs in. */
export interface RunningGhost {
  /** Ghost's `url`. */
  siteUrl?: string | undefined;
  /** Ghost's `paths.contentPath`. */
  contentPath?: string | undefined;
  /** Ghost's `urls`, empty where it has none. */
  urls: AssetUrls;
}

/**
 * Reads settings that Ghost does not pass to adapters from its config module, when this process is a
 * Ghost that has loaded it; nothing is loaded for it, and in any other process the answer is undefined.
 */
export function readRunningGhost(
  entry: string | undefined = process.argv[1],
): RunningGhost | undefined {
  try {
    const fromGhost = requireFromGhost(entry);
    const config = fromGhost?.cache[fromGhost.resolve('./core/shared/config')]?.exports;
    const [siteUrl, contentPath] = [config.get('url'), config.get('paths:contentPath')];
    return { siteUrl, contentPath, urls: config.get('urls') ?? {} };
  } catch {
    return undefined;
  }
}

/** `require` as Ghost's own `index.js` has it; undefined when there is no such file. */
export function requireFromGhost(
  entry: string | undefined = process.argv[1],
): NodeJS.Require | undefined {
  try {
    // `current` is a symlink in ghost-cli installs; modules are known by their real path.
    return createRequire(realpathSync(entry ?? ''));
  } catch {
    return undefined;
  }
}
