import { statSync } from 'node:fs';
import { pick, verb } from '@prosora/service';
import { collectorOptions } from '../options.ts';
import { backfill } from '../send/backfill.ts';
import { countRows } from '../send/count-rows.ts';
import { tinybirdOf, upstreamOptions } from './upstream.ts';

/** Sends an export, and compares how many rows the other end has more. */
export const backfillVerb = verb({
  help: 'Sends an export of analytics_events to the upstream, and verifies the counts',
  args: '<file>',
  needs: { ...upstreamOptions, ...pick(collectorOptions, 'adminToken') },
  async run({ args: [file = ''], options, show }) {
    const { upstreamUrl: url, datasource, adminToken } = options;
    // Page views that come meanwhile are younger than the file.
    const until = statSync(file).mtime.toISOString().slice(0, 19).replace('T', ' ');
    const count = async () =>
      adminToken ? await countRows({ url, token: adminToken, datasource }, until) : undefined;
    const tinybird = tinybirdOf(options);
    const { lines, accepted, quarantined, before } = await backfill({ file, tinybird, count });
    const after = await count();
    const more = before === undefined || after === undefined ? undefined : after - before;
    show({ lines, accepted, quarantined, until, before, after }, () => [
      `${lines} lines, ${accepted} rows taken, ${quarantined} in quarantine`,
      ...(accepted === lines
        ? [
            more === undefined
              ? 'Not counted at the other end: set TINYBIRD_ADMIN_TOKEN from the start for that.'
              : `${datasource} had ${before} rows up to ${until} UTC and has ${after} now: ${verdictOn(more, accepted)}`,
          ]
        : []),
    ]);
    return accepted === lines && (more ?? accepted) === accepted ? 0 : 1;
  },
});

function verdictOn(more: number, sent: number): string {
  const difference = more - sent;
  if (difference === 0) return `${more} more`;
  if (difference < 0) return `${-difference} rows are missing`;
  return `${difference} rows more than were sent, as when an answer was lost or others send too`;
}
