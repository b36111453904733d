import {
  createVerbOperator,
  type Handlers,
  type Operator,
  type OptionValues,
  pick,
} from '@prosora/service';
import { engineOptions } from '../options.ts';
import { operations } from './operations.ts';

/** Where a verb finds the engine that runs, and what opens its operator API. */
export const operatorClientOptions = pick(
  engineOptions,
  'dataDir',
  'privateHost',
  'privatePort',
  'operatorToken',
  'operatorReadToken',
);

/** A backup or an export of much data takes as long as it takes; whoever has waited for a day waits in vain. */
const LONGEST_MS = 24 * 3_600_000;

/** What a verb asks: the engine that runs, and where none does only what `local` has. */
export function operatorOf(
  options: OptionValues<typeof operatorClientOptions>,
  local: Partial<Handlers<typeof operations>> = {},
): Operator<typeof operations> {
  const settings = { name: 'engine', local, timeoutMs: LONGEST_MS };
  return createVerbOperator(operations, options, settings);
}
