import { verb } from '@prosora/service';
import { replayJobs } from '../dead-chunks.ts';
import { openHere, storeOptions } from './on-store.ts';

/** More than a person reads. */
const LISTED = 10_000;

export const dead = verb({
  help: 'Lists chunks that were given up, or of which nobody can say whether they were sent',
  needs: storeOptions,
  async run({ options, show }) {
    await using opened = await openHere(options);
    const { queues, suppressions } = opened;
    const jobs = [];
    for (const queue of [queues.urgent, queues.chunks, suppressions]) {
      for (const job of await queue.list({ states: ['dead', 'ambiguous'], limit: LISTED })) {
        const { id, state, settledAt, reason } = job;
        jobs.push({ id, state, settledAt, reason });
      }
    }
    show(jobs, (found) =>
      found.map(({ id, state, settledAt, reason }) => {
        return `${id}  ${state}  ${settledAt?.toISOString()}  ${reason}`;
      }),
    );
    return 0;
  },
});

export const replay = verb({
  help: 'Tries such chunks again; one that may have been sent is never sent again',
  args: '<id>…',
  needs: storeOptions,
  async run({ args: ids, options, show }) {
    await using opened = await openHere(options);
    const replayed = await replayJobs(opened, ids);
    show(replayed, ({ again, asked, missing }) => [
      ...again.map((id) => `${id} will be tried again.`),
      ...asked.map((id) => `${id} may have been sent: Resend is asked again, nothing is sent.`),
      ...missing.map((id) => `The bridge holds no chunk ${id}.`),
    ]);
    return replayed.missing.length === 0 ? 0 : 1;
  },
});
