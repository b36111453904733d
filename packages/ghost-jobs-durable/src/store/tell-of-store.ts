import type { Log } from '../config/ghost.ts';

const atMostEveryMs = 60_000;

/** Tells of a store that cannot be used, which is tried twice a second: once a minute is enough. */
export function createStoreTeller(log: Log, file?: string): (error: unknown) => void {
  const where = file === undefined ? '' : ` in ${file}`;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - toldAt < atMostEveryMs) return;
    toldAt = performance.now();
    const { message, help = '' } = error as Error & { help?: string };
    log.error(
      `[prosora-jobs] Jobs and schedules cannot be kept${where} (${message}). ${help} It is tried until it works.`,
    );
  };
}
