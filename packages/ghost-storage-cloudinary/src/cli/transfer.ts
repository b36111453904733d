import { UsageError } from '@prosora/service';
import type { GhostSettings } from '@prosora/service/ghost';
import type { TransferOptions } from './each-file.ts';
import { CONFIG_FLAG, type Place } from './place.ts';
import { createProgressBar, duration } from './progress.ts';
import { openStore, STORES, type StoreName } from './stores.ts';

/** Flags of the verbs that go through all files. */
export const TRANSFER_FLAGS = {
  ...CONFIG_FLAG,
  stores: { type: 'string', value: 'A,B', help: `Which of ${STORES.join(', ')} (default: all)` },
  concurrency: { type: 'string', value: 'N', help: 'Files at a time, 1 to 99 (default: 8)' },
} as const;

/** What those flags ask for. @throws UsageError · StorageError STORAGE_CONFIG_INVALID */
export function transferOf(
  ghost: GhostSettings,
  flags: { stores: string | undefined; concurrency: string | undefined },
): Pick<TransferOptions, 'stores' | 'concurrency'> {
  const { stores = STORES.join(','), concurrency = '8' } = flags;
  const wanted = stores.split(',').map(storeName);
  if (!/^[1-9]\d?$/.test(concurrency)) throw new UsageError('--concurrency must be 1 to 99.');
  return { stores: wanted.map((name) => openStore(ghost, name)), concurrency: Number(concurrency) };
}

function storeName(name: string): StoreName {
  if (STORES.includes(name as StoreName)) return name as StoreName;
  throw new UsageError(`--stores: ${name} is not one of ${STORES.join(', ')}.`);
}

/** What came of a transfer, how long it took, and whether an interrupt ended it early. */
export type Ended<Summary> = Summary & { seconds: number; interrupted: boolean };

/** Runs a transfer with a progress bar; an interrupt lets it end what it began. */
export async function underWay<Summary extends object>(
  place: Place,
  run: (control: Pick<TransferOptions, 'onProgress' | 'signal'>) => Promise<Summary>,
): Promise<Ended<Summary>> {
  const startedAt = performance.now();
  const bar = createProgressBar(place.stderr);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const summary = await run({ onProgress: bar.update, signal: stop.signal });
    const seconds = (performance.now() - startedAt) / 1000;
    return { ...summary, seconds, interrupted: stop.signal.aborted };
  } finally {
    bar.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** The last lines for a person: the total, and how to go on after an interrupt. */
export function* closing(
  total: string,
  { seconds, interrupted }: Ended<object>,
): Generator<string> {
  yield `${total}, in ${duration(seconds)}.`;
  if (interrupted) yield 'Interrupted. Run the same command to go on.';
}

/** 1 when anything is wrong; 130, as shells say it, after an interrupt. */
export function exitCode({ interrupted }: Ended<object>, wrong: readonly unknown[][]): number {
  if (interrupted) return 130;
  return wrong.flat().length > 0 ? 1 : 0;
}
