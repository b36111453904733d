import { verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { type GhostJobs, jobsOfGhost } from '../services/ghost-jobs.ts';
import { period } from '../services/telling.ts';

export const jobs = verb({
  help: 'Shows what Ghost has to do, such as posts that it is to publish, and what it gave up',
  flags: {
    state: { type: 'string', value: 'STATE', multiple: true, help: 'Only in this state: dead, …' },
    queue: { type: 'string', value: 'QUEUE', help: 'Only of this queue' },
    limit: { type: 'string', value: 'N', help: 'At most so many (default: 100)' },
    after: { type: 'string', value: 'NEXT', help: '`next` of the page before' },
  },
  needs: stackOptions,
  async run({ flags, options: { dir }, show }) {
    show(await jobsOfGhost(dir, flags), linesOf);
    return 0;
  },
});

function linesOf({ queues, items, next }: GhostJobs): string[] {
  return [
    ...queues.map(({ queue, counts, oldestSeconds }) => {
      const states = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
      const waits = oldestSeconds > 0 ? `; the oldest waits for ${period(oldestSeconds)}` : '';
      return `${queue}: ${states.join(', ') || 'empty'}${waits}`;
    }),
    ...items.map(({ queue, id, state, dueAt, reason }) =>
      [`  ${queue} ${id}: ${state}`, dueAt, reason].filter(Boolean).join('  '),
    ),
    ...(next === null ? [] : [`There are more: --after ${next}`]),
  ];
}
