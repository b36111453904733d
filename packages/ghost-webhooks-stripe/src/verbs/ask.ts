import {
  createLocalOperator,
  createOperatorClient,
  findOperatorTokens,
  type Operator,
  type OptionValues,
  ProsoraError,
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

/** `reconcile` reads pages of Stripe's, `erase` every event; longer than this no answer is waited for. */
const TIMEOUT_MS = 300_000;

/**
 * Asks the inbox that runs on this data folder. Where none runs, it is opened here: several processes may use it.
 *
 * @throws ProsoraError as `Operator.ask`, and `UNAUTHORIZED` when something else listens there
 */
export function operatorOf(values: AskValues, means: Means = {}): Operator<typeof operations> {
  const { dataDir, privateHost, privatePort } = values;
  const here = createLocalOperator(operations, createHandlers(operatedHere(values, means)));
  const tokens = findOperatorTokens(values);
  if (tokens === undefined || privatePort === 0) return here;
  // What listens on every address is reached by the machine's own.
  const host = privateHost === '0.0.0.0' || privateHost === '::' ? '127.0.0.1' : privateHost;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${privatePort}`;
  const there = createOperatorClient(operations, {
    url,
    token: tokens.write || tokens.read,
    timeoutMs: TIMEOUT_MS,
  });
  return {
    async ask(name, input) {
      try {
        return await there.ask(name, input);
      } catch (error) {
        const { code } = error as ProsoraError;
        // The key of the account may be given to the verbs alone.
        const isForUs = code === 'NOT_RUNNING' || (code === 'STRIPE_KEY' && means.account);
        if (isForUs) return await here.ask(name, input);
        if (code !== 'UNAUTHORIZED') throw error;
        const message = `What listens at ${url} does not take the token of ${dataDir}.`;
        const help =
          'Set PROSORA_STRIPE_DATA_DIR and PROSORA_STRIPE_PRIVATE_PORT as they are for `serve`.';
        throw new ProsoraError(code, message, { help, cause: error });
      }
    },
  };
}

function operatedHere(values: AskValues, { sinks, ...means }: Means): Operated {
  return {
    use: async (work) => withInbox(values, work, await sinks?.()),
    account: notHere,
    admin: notHere,
    examine: notHere,
    trustClock: async () => trustClock(clockRecordOf(values)),
    ...means,
  };
}

function notHere(): never {
  throw new Error('A verb asks for no more than it has the means for.');
}
