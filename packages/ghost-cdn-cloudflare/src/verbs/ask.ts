import {
  createVerbOperator,
  noNumbersOf,
  type Operator,
  type OptionValues,
  pick,
} from '@prosora/service';
import { openChanges } from '../changes/changes.ts';
import { createHandlers } from '../operate/handlers.ts';
import { operations } from '../operate/operations.ts';
import { cdnOptions } from '../options.ts';

/** What a verb needs to open the store itself. */
export const storeNeeds = pick(cdnOptions, 'dataDir', 'newStore', 'quietMs', 'longestMs');

/** What a verb needs to ask the service that runs, and to open its store where none does. */
export const askNeeds = {
  ...storeNeeds,
  ...pick(cdnOptions, 'privateHost', 'privatePort', 'operatorToken', 'operatorReadToken'),
};

/** Asks the service, or does it here where none runs; what is written down then is purged by its next start. */
export function operatorOf(values: OptionValues<typeof askNeeds>): Operator<typeof operations> {
  const local = createHandlers({
    // Opened for one question, so that nothing is left open behind a verb.
    async use(work) {
      await using changes = await openChanges(values);
      return await work(changes);
    },
    manner: () => null,
    numbers: async () => noNumbersOf('service'),
    examine: () => {
      throw new Error('The verb examines by itself.');
    },
  });
  return createVerbOperator(operations, values, { name: 'service', local });
}
