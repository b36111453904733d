import {
  createVerbOperator,
  type Handlers,
  type Operator,
  type OptionValues,
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

/** Canceling a newsletter of a million takes minutes, and so does looking for a reader in all mail. */
const TIMEOUT_MS = 3_600_000;

/** Opens the store that the options name; disposing of it closes it. */
export async function openHere(
  options: OptionValues<typeof storeOptions>,
): Promise<OpenedMailStore & AsyncDisposable> {
  const opened = await openMailStore(placeOf(options));
  return { ...opened, [Symbol.asyncDispose]: () => opened.store.close() };
}

/** Asks the bridge; in this process on its store, where none answers. Disposing of it closes what it opened. */
export type MailOperator = Operator<typeof storeOperations> & AsyncDisposable;

/** Finds the bridge that the options name. */
export function findOperator(options: OptionValues<typeof operatorOptions>): MailOperator {
  const cleanup = new AsyncDisposableStack();
  let handlers: Promise<Handlers<typeof storeOperations>> | undefined;
  async function openStore() {
    return createStoreHandlers(cleanup.use(await openHere(options)), placeOf(options));
  }
  // The store is opened by the first that is asked for here.
  const handled = Object.keys(storeOperations).map((name) => {
    const handle = async (input: never, caller: string) => {
      handlers ??= openStore();
      return await (await handlers)[name as keyof typeof storeOperations](input, caller);
    };
    return [name, handle];
  });
  const local: Handlers<typeof storeOperations> = Object.fromEntries(handled);
  const settings = { name: 'bridge', local, timeoutMs: TIMEOUT_MS };
  return {
    ...createVerbOperator(storeOperations, options, settings),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
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
