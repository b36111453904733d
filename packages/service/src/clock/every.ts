import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does something now, and again `ms` after each time that it has ended, so that it never runs twice at once. What it
 * throws is told, and it is done again all the same. Disposed of, it ends after the work that is under way.
 */
export function every(
  ms: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        onError(error);
      }
      await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  const repeating = repeat();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await repeating;
    },
  };
}
