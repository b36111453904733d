import type { Cloudflare, CloudflareAnswer } from '../cloudflare/api.ts';

/** What a cache is to forget: all pages of some hosts, or these URLs. */
export type Selector = { hosts: readonly string[] } | { files: readonly string[] };

/** A cache of others in front of the site. One of another vendor would be a second implementation of this. */
export interface EdgeCache {
  /** Makes it ask the site again; never throws. */
  forget(selector: Selector, signal?: AbortSignal): Promise<CloudflareAnswer>;
  /** How that is done now: `invalidate` marks pages as old, `purge` takes them out. */
  readonly manner: 'invalidate' | 'purge';
}

/**
 * Creates that of a zone of Cloudflare's.
 *
 * `invalidate_cache` marks pages as old, and those that have not changed come back by their ETag
 * (https://developers.cloudflare.com/cache/guides/invalidate-cache/). Where a zone has no such route or may not use
 * it, pages are purged.
 */
export function createEdgeCache(cloudflare: Cloudflare, zoneId: () => Promise<string>): EdgeCache {
  let manner: EdgeCache['manner'] = 'invalidate';

  return {
    get manner() {
      return manner;
    },
    async forget(selector, signal) {
      const zone = await zoneId().catch((error: Error) => error);
      if (zone instanceof Error) return { kind: 'unanswered', reason: zone.message };
      if (manner === 'invalidate') {
        const path = `/zones/${zone}/invalidate_cache`;
        const answer = await cloudflare.ask('POST', path, selector, signal);
        // A token that may do the one may do the other.
        if (answer.kind !== 'missing' && answer.kind !== 'refused') return answer;
      }
      const answer = await cloudflare.ask('POST', `/zones/${zone}/purge_cache`, selector, signal);
      // Only now is it known that the refusal was of the manner and not of the call.
      if (answer.kind === 'done') manner = 'purge';
      return answer;
    },
  };
}
