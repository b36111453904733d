import { type OptionValues, pick } from '@prosora/service';
import { mailOptions, placeOf } from '../../options.ts';
import { type OpenedMailStore, openMailStore } from '../../store/store.ts';

/** All that a verb reads which needs no more than the store: it works while the service runs, and without its secrets. */
export const storeOptions = pick(mailOptions, 'dataDir', 'databaseUrl', 'newStore');

/** Opens the store that the options name; disposing of it closes it. */
export async function openHere(
  options: OptionValues<typeof storeOptions>,
): Promise<OpenedMailStore & AsyncDisposable> {
  const opened = await openMailStore(placeOf(options));
  return { ...opened, [Symbol.asyncDispose]: () => opened.store.close() };
}
