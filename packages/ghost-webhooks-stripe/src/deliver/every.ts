import type { Logger } from '@prosora/service';

/** Does something again and again until it is disposed of; what it throws is logged. */
export function every(ms: number, work: () => Promise<void>, logger: Logger): AsyncDisposable {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(work)
      .catch((error: unknown) =>
        logger.error({ event: 'task.failed', err: error }, 'a periodic task failed'),
      );
  }, ms);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}
