import {
  createVerbOperator,
  noNumbersOf,
  type Operator,
  type OptionValues,
  pick,
} from '@prosora/service';
import { type Changes, openChanges } from '../changes/changes.ts';
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

/** Opens the store that the options name. @throws as `openChanges` */
export function openStoreOf(values: OptionValues<typeof storeNeeds>): Promise<Changes> {
  return openChanges({ ...values, mustExist: values.newStore === 'no' });
}

/** Asks the service, or does it here where none runs; what is written down then is purged by its next start. */
export function operatorOf(values: OptionValues<typeof askNeeds>): Operator<typeof operations> {
  /** Opened for one question, so that nothing is left open behind a verb. */
  async function withStore<Outcome>(work: (changes: Changes) => Promise<Outcome> | Outcome) {
    await using changes = await openStoreOf(values);
    return await work(changes);
  }
  const handlersOf = (changes: Changes) =>
    createHandlers({
      changes,
      manner: () => null,
      numbers: async () => noNumbersOf('service'),
      examine: () => {
        throw new Error('The verb examines by itself.');
      },
    });
  const local = {
    status: () => withStore((changes) => handlersOf(changes).status({}, '')),
    dead: () => withStore((changes) => handlersOf(changes).dead({}, '')),
    purge: (input: { paths?: string[] | undefined }) =>
      withStore((changes) => handlersOf(changes).purge(input, '')),
    replay: (input: { ids?: string[] | undefined }) =>
      withStore((changes) => handlersOf(changes).replay(input, '')),
  };
  return createVerbOperator(operations, values, { name: 'service', local });
}
