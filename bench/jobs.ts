import type { Figure } from './figure.ts';
import { measureGhost } from './jobs/ghost.ts';
import { measureQueue } from './jobs/queue.ts';

/** Measures the adapters for jobs and scheduling: what they cost a Ghost, and what their queue does. */
export async function run(): Promise<Figure[]> {
  return [...(await measureGhost()), ...(await measureQueue())];
}
