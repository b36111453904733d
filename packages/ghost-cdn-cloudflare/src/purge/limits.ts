import { createTokenBucket } from '@prosora/service';

/** The plans of Cloudflare that a zone may have. */
export const plans = ['free', 'pro', 'business', 'enterprise'] as const;
export type PlanName = (typeof plans)[number];

/** The plan that a zone says it has; one that is not known counts as the smallest. */
export function planOf(name: string | undefined): PlanName {
  return plans.find((plan) => plan === name) ?? 'free';
}

/**
 * What a plan grants: calls that name hosts or everything, as so many at once and so many a second, and URLs a second.
 * https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits
 */
const PLAN_LIMITS: Readonly<
  Record<PlanName, { calls: number; callsPerSecond: number; urlsPerSecond: number }>
> = {
  free: { calls: 25, callsPerSecond: 5 / 60, urlsPerSecond: 800 },
  pro: { calls: 25, callsPerSecond: 5, urlsPerSecond: 1_500 },
  business: { calls: 50, callsPerSecond: 10, urlsPerSecond: 1_500 },
  enterprise: { calls: 500, callsPerSecond: 50, urlsPerSecond: 3_000 },
};

/** URLs in one call, whatever the plan. */
export const URLS_A_CALL = 100;

/** Keeps calls below what the plan grants, and as far below as the last refusal asked for. */
export interface Limits {
  /** Milliseconds until a call of this kind may be made; 0 for now. */
  msUntil(kind: 'everything' | 'urls'): number;
  /** A call that was made, with how many URLs. */
  spend(kind: 'everything' | 'urls', urls?: number): void;
  /** Cloudflare said 429: nothing is asked before this has passed. Returns how long that is. */
  refused(afterMs: number | undefined): number;
}

/** Without a word from Cloudflare on how long to wait. */
const REFUSED_MS = 12_000;

/** Creates the limits of a plan. @param now milliseconds since any moment */
export function createLimits(plan: PlanName, now: () => number): Limits {
  const { calls, callsPerSecond, urlsPerSecond } = PLAN_LIMITS[plan];
  const everything = createTokenBucket({ capacity: calls, perMs: callsPerSecond / 1_000, now });
  const urls = createTokenBucket({ capacity: urlsPerSecond, perMs: urlsPerSecond / 1_000, now });
  let notBefore = Number.NEGATIVE_INFINITY;
  return {
    msUntil(kind) {
      const bucket = kind === 'everything' ? everything.msUntil(1) : urls.msUntil(URLS_A_CALL);
      return Math.ceil(Math.max(bucket, notBefore - now(), 0));
    },
    spend(kind, count = 1) {
      if (kind === 'everything') everything.add(-1);
      else urls.add(-count);
    },
    refused(afterMs = REFUSED_MS) {
      notBefore = Math.max(notBefore, now() + afterMs);
      return afterMs;
    },
  };
}
