import { numberLines, verb } from '@prosora/service';
import { clockSentence } from '../care/clock-file.ts';
import { operatorClientOptions, operatorOf } from './operator.ts';

/** More than are ever kept. */
const MOST = 1_000;

/** What the running engine says of itself, and the backups that are there. */
export const status = verb({
  help: 'Says whether a running engine is ready, counts its rows, restarts and waiting requests, and lists its backups',
  needs: operatorClientOptions,
  async run({ options, show }) {
    const { ask } = operatorOf(options);
    const { clock, ...numbers } = await ask('status', {});
    const { items: backups } = await ask('backups', { limit: MOST });
    const { isReady } = numbers;
    const lines = numberLines(numbers);
    show({ isReady, lines, clockDoubt: clock ?? undefined, backups }, () => [
      ...lines,
      ...(clock ? [clockSentence(clock)] : []),
      ...backups.map(({ name, createdAt }) => `backup ${name}, taken ${createdAt}`),
    ]);
    return isReady ? 0 : 1;
  },
});
