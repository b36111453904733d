import * as z from 'zod';
import { askAdapter, flagWords } from './in-ghost.ts';

/** What `prosora-jobs` says of a queue. */
const queue = z.object({
  queue: z.string(),
  counts: z.record(z.string(), z.number()).describe('How many jobs are in each state'),
  oldestSeconds: z.number().describe('How long the oldest that is due has waited'),
});

/** What it says of a job, or of a call that publishes a post. */
const job = z.object({
  queue: z.string(),
  id: z.string(),
  state: z.string(),
  dueAt: z.string().nullable().describe('When it may run, or when its lease ends'),
  settledAt: z.string().nullable(),
  failures: z.number(),
  reason: z.string().nullable().describe('The last one that was given'),
});

/** What Ghost has to do and what it gave up. */
export const ghostJobs = z.object({
  queues: z.array(queue),
  items: z.array(job),
  next: z.string().nullable(),
});
export type GhostJobs = z.infer<typeof ghostJobs>;

/** Which of them are listed. */
export interface WantedJobs {
  state?: readonly string[] | undefined;
  queue?: string | undefined;
  limit?: string | undefined;
  after?: string | undefined;
}

/**
 * Asks the command that Ghost's adapters for jobs and schedules bring.
 *
 * @throws what `askAdapter` throws, such as `FLAG_INVALID`
 */
export async function jobsOfGhost(
  dir: string,
  { state, queue, limit, after }: WantedJobs,
): Promise<GhostJobs> {
  const ask = (...words: string[]) => askAdapter(dir, ['prosora-jobs', ...words]);
  const queues = await ask('status');
  const page = await ask('list', ...flagWords({ state, queue, limit, after }));
  return ghostJobs.parse({ queues, ...(page as object) });
}
