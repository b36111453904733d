import * as z from 'zod';

/** What a plan grants: https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits */
export const PLANS = {
  free: { calls: 25, callsPerSecond: 5 / 60, urlsPerSecond: 800, urlsPerCall: 100 },
  pro: { calls: 25, callsPerSecond: 5, urlsPerSecond: 1_500, urlsPerCall: 100 },
  business: { calls: 50, callsPerSecond: 10, urlsPerSecond: 1_500, urlsPerCall: 100 },
  enterprise: { calls: 500, callsPerSecond: 50, urlsPerSecond: 3_000, urlsPerCall: 500 },
} as const;

/** What a token may be allowed: https://developers.cloudflare.com/fundamentals/api/reference/permissions/ */
const PERMISSIONS = [
  'Zone Read',
  'Cache Purge',
  'Cache Rules Edit',
  'Zone Settings Edit',
  'DNS Read',
  'DNS Edit',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What the account and the zone are set to. */
export const cloudflareSettings = z.strictObject({
  plan: z.enum(['free', 'pro', 'business', 'enterprise']).default('free'),
  /** Name of the zone. */
  zone: z.hostname().default('example.com'),
  /** Where the edge fetches what it does not hold; null answers 521, as for a server that is away. */
  origin: z.url().nullable().default(null),
  /** The host that the edge answers for where a request names none of the zone's. */
  host: z.hostname().nullable().default(null),
  permissions: z.array(z.enum(PERMISSIONS)).default([...PERMISSIONS]),
  tokenStatus: z.enum(['active', 'disabled', 'expired']).default('active'),
  /** Whether the zone has `invalidate_cache`. */
  invalidate: z.boolean().default(true),
});

/** Changes to the settings. */
export type CloudflareSettingsInput = z.input<typeof cloudflareSettings>;

/** All settings. */
export type CloudflareSettings = z.output<typeof cloudflareSettings>;
