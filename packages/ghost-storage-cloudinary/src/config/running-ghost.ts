import { configOfRunningGhost } from '@prosora/service/ghost';
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
export function readRunningGhost(entry?: string): RunningGhost | undefined {
  const config = configOfRunningGhost(entry);
  if (config === undefined) return undefined;
  return {
    siteUrl: config.get('url') as string | undefined,
    contentPath: config.get('paths:contentPath') as string | undefined,
    urls: (config.get('urls') ?? {}) as AssetUrls,
  };
}
