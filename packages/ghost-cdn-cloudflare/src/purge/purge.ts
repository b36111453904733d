import type { Job, Result } from '@prosora/durable';
import type { Changes, Pending } from '../changes/changes.ts';
import { EVERYTHING, type Paths } from '../changes/paths.ts';
import type { CdnTables } from '../changes/tables.ts';
import type { CloudflareAnswer } from '../cloudflare/api.ts';
import type { EdgeCache, Selector } from './forget.ts';
import { type Limits, URLS_A_CALL } from './limits.ts';
import type { PagesWatch } from './pages-watch.ts';
import { hostsOf, inParts, type SiteAddresses, urlsOf } from './urls.ts';

/** What a purge needs. */
export interface PurgeOptions {
  changes: Changes;
  edge: EdgeCache;
  /** Of the plan, as far as it is known. */
  limits: () => Limits;
  site: SiteAddresses;
  /** (Default: nothing stands between Ghost and Cloudflare) */
  pages?: PagesWatch | undefined;
  now: () => number;
  /** Told of each answer, for the metrics. */
  onAnswer?: (kind: 'everything' | 'urls', answer: CloudflareAnswer) => void;
  /** Told what ended well. */
  onPurged?: (purged: Pending) => void;
}

/** More URLs than this are more work for a cache than all its pages. */
const MOST_URLS = 1_000;

/**
 * Creates what a job of the queue does: all that waits is made old, in `pages` first, since Cloudflare asks there
 * next. What is settled is what was written down before the first of these calls: a change that comes meanwhile has a
 * job of its own behind this one.
 */
export function createPurge(options: PurgeOptions) {
  const { changes, edge, site, pages, now, onAnswer, onPurged } = options;

  return async (_job: Job, signal: AbortSignal): Promise<Result<CdnTables>> => {
    const waiting = await changes.pending();
    // A purge that ended since then has settled these, too.
    if (waiting === undefined) return { kind: 'done' };
    const limits = options.limits();
    const kind = waiting.paths === EVERYTHING ? 'everything' : 'urls';
    const waitMs = limits.msUntil(kind);
    if (waitMs > 0) {
      const until = new Date(now() + waitMs);
      return { kind: 'park', reason: 'Cloudflare takes no more calls now', until };
    }
    const taken = await changes.takeUp();
    if (taken === undefined) return { kind: 'done' };
    const { paths } = taken;
    // What else has changed is written down, with a job that takes up all of it.
    if (pages !== undefined && !(await pages.purge(paths, signal))) return { kind: 'done' };
    for (const selector of selectorsOf(paths, site)) {
      const asked = 'files' in selector ? 'urls' : 'everything';
      const answer = await edge.forget(selector, signal);
      limits.spend(asked, 'files' in selector ? selector.files.length : 1);
      onAnswer?.(asked, answer);
      if (answer.kind === 'limited') {
        return { kind: 'retry', reason: answer.reason, afterMs: limits.refused(answer.afterMs) };
      }
      if (answer.kind !== 'done') return { kind: 'retry', reason: answer.reason };
    }
    // Here and not in `also`, which runs anew as long as the disk does not take it.
    onPurged?.(taken);
    const givenUp = await changes.purges.list({ states: ['dead'] });
    return {
      kind: 'done',
      async also(tx) {
        await changes.settle(tx, taken.upTo);
        const ids = givenUp.map(({ id }) => id);
        await changes.purges.drop(ids, 'a later purge did its work', { tx });
      },
    };
  };
}

function selectorsOf(paths: Paths, site: SiteAddresses): Selector[] {
  const urls = paths === EVERYTHING ? [] : urlsOf(paths, site);
  if (paths === EVERYTHING || urls.length > MOST_URLS) return [{ hosts: hostsOf(site) }];
  return inParts(urls, URLS_A_CALL).map((files) => ({ files }));
}
