import { type OptionValues, pick } from '@prosora/service';
import { collectorOptions } from '../options.ts';
import { createTinybird, type Tinybird } from '../send/tinybird.ts';

/** The options of verbs that talk to the upstream. */
export const upstreamOptions = pick(
  collectorOptions,
  'upstreamUrl',
  'trackerToken',
  'datasource',
  'upstreamTimeoutMs',
);

/** Sends to a data source, or else to that of page hits. */
export function tinybirdOf(
  {
    upstreamUrl,
    trackerToken,
    datasource,
    upstreamTimeoutMs,
  }: OptionValues<typeof upstreamOptions>,
  other = datasource,
): Tinybird {
  return createTinybird({
    url: upstreamUrl,
    token: trackerToken,
    datasource: other,
    timeoutMs: upstreamTimeoutMs,
  });
}
