import { clientOf } from './operator.ts';
import { opsOperations } from './ops-operations.ts';
import { period } from './telling.ts';

/** What the service does and when, in words. */
export async function notesOfOps(dir: string): Promise<string[]> {
  const { ask } = await clientOf(dir, 'ops', opsOperations);
  const { failures, jobs, running, backups } = await ask('status', {});
  const { items: open } = await ask('alerts', {});
  const between = (at: string) => period(Math.abs(Date.now() - Date.parse(at)) / 1_000);
  const { newest, proven } = backups;
  const next = jobs.find(({ name }) => name === 'backup')?.nextAt;
  return [
    ...failures,
    ...open.map(({ name, summary }) => `${name}: ${summary}`),
    ...(running ? [`${running.job} runs since ${between(running.since)}`] : []),
    ...jobs.flatMap(({ name, failure }) => (failure === null ? [] : [`${name} failed`])),
    newest ? `last backup ${between(newest.at)} ago` : 'no backup yet',
    next ? `next in ${between(next)}` : 'none by the clock',
    ...(proven ? [`newest proven ${between(proven.at)} old`] : []),
  ];
}
