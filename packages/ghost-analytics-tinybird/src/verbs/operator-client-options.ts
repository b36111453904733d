import { pick } from '@prosora/service';
import { collectorOptions } from '../options.ts';

/** Where a verb finds the collector that runs, and what opens its operator API. */
export const operatorClientOptions = pick(
  collectorOptions,
  'dataDir',
  'privateHost',
  'privatePort',
  'operatorToken',
  'operatorReadToken',
);
