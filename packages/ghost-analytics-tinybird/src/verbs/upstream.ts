import {
  createTinybirdEvents,
  type OptionValues,
  pick,
  type TinybirdEvents,
} from '@prosora/service';
import { collectorOptions } from '../options.ts';

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
): TinybirdEvents {
  return createTinybirdEvents({
    url: upstreamUrl,
    token: trackerToken,
    datasource: other,
    timeoutMs: upstreamTimeoutMs,
  });
}
