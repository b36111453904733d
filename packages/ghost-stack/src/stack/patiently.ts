import { setTimeout as delay } from 'node:timers/promises';

/** Does what may fail at first, such as while Docker is still at what a killed run asked for, until it does not. */
export async function patiently<Result>(
  work: () => Promise<Result>,
  { tries, everyMs }: { tries: number; everyMs: number },
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (tries <= 1) throw error;
    await delay(everyMs);
    return await patiently(work, { tries: tries - 1, everyMs });
  }
}
