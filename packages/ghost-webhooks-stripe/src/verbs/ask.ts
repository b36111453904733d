import {
  createLocalOperator,
  createVerbOperator,
  noNumbersOf,
  type Operator,
  type OptionValues,
  type ProsoraError,
  pick,
  trustClock,
} from '@prosora/service';
import { clockRecordOf } from '../inbox/clock.ts';
import type { Sink } from '../inbox/inbox.ts';
import { createHandlers, type Operated } from '../operate/handlers.ts';
import { operations } from '../operate/operations.ts';
import { stripeOptions } from '../options.ts';
import { inboxNeeds, withInbox } from './visit.ts';

/** What a verb needs to ask the inbox that runs, and to open it where none does. */
export const askNeeds = {
  ...inboxNeeds,
  ...pick(stripeOptions, 'privateHost', 'privatePort', 'operatorToken', 'operatorReadToken'),
};

type AskValues = OptionValues<typeof askNeeds>;

/** What some operations need besides, where they are done here. */
interface Means extends Partial<Pick<Operated, 'account' | 'admin'>> {
  sinks?: () => Promise<readonly Sink[]>;
}

/** `reconcile` reads pages of Stripe's, and `erase` every event. */
const TIMEOUT_MS = 3_600_000;

/**
 * Asks the inbox that runs on this data folder. Where none runs, it is opened here: several processes may use it.
 *
 * `ask` throws ProsoraError as an `Operator` does.
 */
export function operatorOf(values: AskValues, means: Means = {}): Operator<typeof operations> {
  const local = createHandlers(operatedHere(values, means));
  const settings = { name: 'inbox', local, timeoutMs: TIMEOUT_MS };
  const operator = createVerbOperator(operations, values, settings);
  if (means.account === undefined) return operator;
  const here = createLocalOperator(operations, local);
  return {
    ask: (name, input) =>
      operator.ask(name, input).catch((error: ProsoraError) => {
        // The key of the account may be given to the verbs alone.
        if (error.code !== 'STRIPE_KEY') throw error;
        return here.ask(name, input);
      }),
  };
}

function operatedHere(values: AskValues, { sinks, ...means }: Means): Operated {
  return {
    use: async (work) => withInbox(values, work, await sinks?.()),
    account: notHere,
    admin: notHere,
    examine: notHere,
    numbers: async () => noNumbersOf('inbox'),
    trustClock: async () => trustClock(clockRecordOf(values)),
    ...means,
  };
}

function notHere(): never {
  throw new Error('A verb asks for no more than it has the means for.');
}
