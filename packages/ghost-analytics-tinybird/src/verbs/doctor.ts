import { doctorVerb, pick } from '@prosora/service';
import { examine } from '../doctor/examine.ts';
import { collectorOptions } from '../options.ts';
import { upstreamOptions } from './upstream.ts';

/**
 * Looks at everything, and finds the first broken link between the site and its charts. It looks itself, since it is
 * there for a collector that does not start too, and for options before a collector has them; the operator API answers
 * the same with those of the collector that runs.
 */
export const doctor = doctorVerb({
  help: 'Walks from the site over the collector to its charts, and names the first broken link',
  needs: {
    ...upstreamOptions,
    ...pick(collectorOptions, 'dataDir', 'siteUrl', 'adminToken', 'staffToken'),
  },
  examine: ({ options }) => examine(options),
});
