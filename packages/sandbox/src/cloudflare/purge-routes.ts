import { createTokenBucket, type TokenBucket } from '@prosora/service';
import { Router } from 'express';
import * as z from 'zod';
import { type Account, assertZone, authorize, succeed } from './account.ts';
import { CloudflareRefusal } from './refusal.ts';
import { PLANS } from './settings.ts';

const names = z.array(z.string().min(1)).min(1);
const bodySchema = z.union([
  z.strictObject({ purge_everything: z.literal(true) }),
  z.strictObject({ hosts: names }),
  z.strictObject({ prefixes: names }),
  z.strictObject({ tags: names }),
  z.strictObject({
    files: z
      .array(z.union([z.string(), z.strictObject({ url: z.string() }).transform(({ url }) => url)]))
      .min(1),
  }),
]);

/** How often pages may be made old; each plan grants another number. */
export interface PurgeLimits {
  clear(): void;
}

/** `purge_cache` takes pages out, `invalidate_cache` marks them as stale; both count alike. */
export function purgeRoutes(account: Account): { router: Router; limits: PurgeLimits } {
  const { settings, cache, now, zoneId } = account;
  const router = Router();
  const buckets = new Map<string, TokenBucket>();

  function take(kind: 'calls' | 'urls', count: number): void {
    const { plan } = settings.current;
    const { calls, callsPerSecond, urlsPerSecond } = PLANS[plan];
    const [capacity, perSecond] =
      kind === 'calls' ? [calls, callsPerSecond] : [urlsPerSecond, urlsPerSecond];
    const name = `${plan}/${kind}`;
    const bucket =
      buckets.get(name) ?? createTokenBucket({ capacity, perMs: perSecond / 1_000, now });
    buckets.set(name, bucket);
    const waitMs = bucket.msUntil(count);
    if (waitMs > 0) {
      const seconds = String(Math.ceil(waitMs / 1_000));
      throw new CloudflareRefusal(429, 10100, 'Rate limit reached, please wait', {
        'retry-after': seconds,
      });
    }
    bucket.add(-count);
  }

  for (const manner of ['purge', 'invalidate'] as const) {
    router.post(`/zones/:zone/${manner}_cache`, (request, response) => {
      authorize(account, request, 'Cache Purge');
      assertZone(account, request);
      if (manner === 'invalidate' && !settings.current.invalidate) {
        throw new CloudflareRefusal(400, 7000, 'No route for that URI');
      }
      const parsed = bodySchema.safeParse(request.body);
      if (!parsed.success)
        throw new CloudflareRefusal(
          400,
          1012,
          'Request must contain one of "purge_everything", "files", "tags", "hosts" or "prefixes"',
        );
      const selection = parsed.data;
      if ('files' in selection) assertFiles(selection.files, settings.current);
      if ('files' in selection) take('urls', selection.files.length);
      else take('calls', 1);
      cache.forget(selection, manner === 'invalidate');
      response.locals['subject'] = JSON.stringify(selection);
      succeed(response, { id: zoneId });
    });
  }
  return { router, limits: { clear: () => buckets.clear() } };
}

function assertFiles(
  files: readonly string[],
  { plan, zone }: { plan: keyof typeof PLANS; zone: string },
): void {
  const { urlsPerCall } = PLANS[plan];
  if (files.length > urlsPerCall) {
    throw new CloudflareRefusal(400, 1100, `Only ${urlsPerCall} files may be purged at a time`);
  }
  for (const file of files) {
    const url = URL.parse(file);
    // A path alone is what Ghost says, and what a recipe that hands it on sends.
    const isOfZone = url !== null && (url.hostname === zone || url.hostname.endsWith(`.${zone}`));
    if (!isOfZone) {
      throw new CloudflareRefusal(400, 1016, `Unable to purge ${file}: which is an invalid URL.`);
    }
  }
}
