import { EngineError } from '../errors.ts';

/** Runs a few tasks at once and lets a few more wait. */
export interface Lane {
  run<Result>(task: () => Promise<Result>): Promise<Result>;
  readonly waiting: number;
}

/**
 * Admits tasks in order; queued calls inside chDB would hold threads that Node needs for files and
 * names, so they wait here.
 *
 * @throws EngineError `DATABASE_BUSY` from `run` when `maxWaiting` tasks wait already.
 */
export function createLane({
  concurrency,
  maxWaiting,
}: {
  concurrency: number;
  maxWaiting: number;
}): Lane {
  const queue: (() => void)[] = [];
  let running = 0;
  return {
    get waiting() {
      return queue.length;
    },
    async run(task) {
      if (running >= concurrency) {
        if (queue.length >= maxWaiting) {
          throw new EngineError('DATABASE_BUSY', 'Too many requests wait already.');
        }
        // Whoever finishes hands its place over, so `running` does not change here.
        await new Promise<void>((resolve) => queue.push(resolve));
      } else {
        running += 1;
      }
      try {
        return await task();
      } finally {
        const next = queue.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}
