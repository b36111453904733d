import * as z from 'zod';

/** Svix's schedule: https://docs.svix.com/retries */
const SVIX_RETRIES_MS = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000];

/** What a team's plan and settings decide at Resend, and how this stand-in behaves. */
export const resendSettings = z.strictObject({
  /** Calls in a second, all keys together. */
  requestsPerSecond: z.int().positive().default(5),
  /** How calls are counted: Resend does not say. */
  limiter: z.enum(['fixed-window', 'sliding-log', 'token-bucket']).default('fixed-window'),
  /** Time on the way to the limiter and back, evenly spread between the two, in ms. */
  minLatencyMs: z.number().nonnegative().default(0),
  maxLatencyMs: z.number().nonnegative().default(0),
  /** Recipients in any 24 hours; null for no end. */
  dailyQuota: z.int().nonnegative().nullable().default(null),
  /** Recipients since the first of the month (UTC); null for no end. */
  monthlyQuota: z.int().nonnegative().nullable().default(null),
  /** Domains that the plan has; null for no end. */
  domainLimit: z.int().nonnegative().nullable().default(null),
  /** Domains that other teams have, which this one is refused. */
  foreignDomains: z.array(z.string()).default([]),
  /** Whether the owner of a domain has published its records, so that it is verified once that is asked for. */
  dnsRecords: z.enum(['published', 'missing']).default('published'),
  /** How long Resend takes to see them. */
  verifyAfterMs: z.number().nonnegative().default(0),
  /** Any sender's domain counts as verified; off, only those in the list of domains. */
  anyDomain: z.boolean().default(true),
  /** Opens are only reported with it; Resend switches it by domain. */
  openTracking: z.boolean().default(true),
  /** Every accepted mail is delivered by itself; off, only on command. */
  autoDeliver: z.boolean().default(true),
  /** How long that takes. */
  deliverAfterMs: z.number().nonnegative().default(0),
  /** Where webhooks go, signed with `webhookSecret`; null for nowhere. Those made by the API come on top. */
  webhookUrl: z.url().nullable().default(null),
  /** Waits after each failed attempt at a webhook; after the last one it is given up. */
  webhookRetriesMs: z.array(z.number().nonnegative()).default(SVIX_RETRIES_MS),
  /** Each webhook is sent this often, as a sender does that missed an answer. */
  webhookCopies: z.int().min(1).max(5).default(1),
});

/** Changes to the settings. */
export type ResendSettingsInput = z.input<typeof resendSettings>;

/** All settings. */
export type ResendSettings = z.output<typeof resendSettings>;
