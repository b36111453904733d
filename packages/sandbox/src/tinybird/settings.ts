import * as z from 'zod';

/** What a plan decides at Tinybird: https://www.tinybird.co/docs/forward/pricing/limits */
export const tinybirdSettings = z.strictObject({
  /** Calls of the Events API in a second, for one data source. */
  eventsPerSecond: z.int().positive().default(100),
  /** Bytes of one call, as they come and unzipped. */
  maxRequestBytes: z.int().positive().default(10_000_000),
  /** Questions in a day (UTC), over the whole organisation; null for no end. The free plan has 1,000. */
  queriesPerDay: z.int().positive().nullable().default(null),
  /** A row with this text in it is one that a materialized view cannot take; null for none. */
  viewRefuses: z.string().min(1).nullable().default(null),
  /** How long a deployment takes to be ready, in ms. */
  deployMs: z.number().nonnegative().default(0),
});

/** Changes to the settings. */
export type TinybirdSettingsInput = z.input<typeof tinybirdSettings>;

/** All settings. */
export type TinybirdSettings = z.output<typeof tinybirdSettings>;
