import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks again and again until `look` finds something.
 *
 * @throws Error that says what was waited for, after `withinMs`.
 */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  withinMs = 30_000,
): Promise<Found> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s for ${what}.`);
    await delay(100);
  }
}
