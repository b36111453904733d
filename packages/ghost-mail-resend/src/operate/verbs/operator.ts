import {
  createLocalOperator,
  createOperatorClient,
  findOperatorTokens,
  type Operator,
  type OptionValues,
  type ProsoraError,
  pick,
} from '@prosora/service';
import { mailOptions, placeOf } from '../../options.ts';
import { type OpenedMailStore, openMailStore } from '../../store/store.ts';
import { createStoreHandlers } from '../handlers.ts';
import { storeOperations } from '../operations.ts';

/** What a verb reads that works on the store itself, beside a running bridge and without its secrets. */
export const storeOptions = pick(mailOptions, 'dataDir', 'databaseUrl', 'newStore');

/** What a verb reads that asks the bridge. */
export const operatorOptions = {
  ...storeOptions,
  ...pick(mailOptions, 'privateHost', 'privatePort', 'operatorToken', 'operatorReadToken'),
};

type OperatorOptions = OptionValues<typeof operatorOptions>;

/** Asks the bridge; in this process on its store, where none answers. Disposing of it closes what it opened. */
export type MailOperator = Operator<typeof storeOperations> & AsyncDisposable;

/** Canceling a newsletter of a million takes minutes. */
const TIMEOUT_MS = 5 * 60_000;

/** Opens the store that the options name; disposing of it closes it. */
export async function openHere(
  options: OptionValues<typeof storeOptions>,
): Promise<OpenedMailStore & AsyncDisposable> {
  const opened = await openMailStore(placeOf(options));
  return { ...opened, [Symbol.asyncDispose]: () => opened.store.close() };
}

/** Finds the bridge that the options name. */
export function findOperator(options: OperatorOptions): MailOperator {
  const cleanup = new AsyncDisposableStack();
  let operator = runningBridge(options);
  async function openStore() {
    const opened = cleanup.use(await openHere(options));
    return createLocalOperator(storeOperations, createStoreHandlers(opened, placeOf(options)));
  }
  return {
    async ask(name, input) {
      operator ??= await openStore();
      try {
        return await operator.ask(name, input);
      } catch (error) {
        if ((error as ProsoraError).code !== 'NOT_RUNNING') throw error;
        operator = await openStore();
        return await operator.ask(name, input);
      }
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** Undefined where nobody can say whether one runs: none has made tokens, or it picks its port itself. */
function runningBridge(options: OperatorOptions): Operator<typeof storeOperations> | undefined {
  const { privateHost, privatePort } = options;
  const tokens = findOperatorTokens(options);
  if (tokens === undefined || privatePort === 0) return undefined;
  // What listens on every address answers on this machine's own.
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[privateHost] ?? privateHost;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${privatePort}`;
  const token = tokens.write || tokens.read;
  return createOperatorClient(storeOperations, { url, token, timeoutMs: TIMEOUT_MS });
}

/** All items of a list, page by page. */
export async function* allPages<Item>(
  nextPage: (after: string | undefined) => Promise<{ items: Item[]; next: string | null }>,
): AsyncGenerator<Item> {
  let after: string | undefined;
  do {
    const { items, next } = await nextPage(after);
    yield* items;
    after = next ?? undefined;
  } while (after !== undefined);
}
