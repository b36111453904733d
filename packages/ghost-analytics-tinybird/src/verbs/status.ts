import { createVerbOperator, numberLines, verb } from '@prosora/service';
import { adviceOn } from '../visitor/clock.ts';
import { createFolderHandlers } from './handlers.ts';
import { operations } from './operations.ts';
import { operatorClientOptions } from './operator-client-options.ts';

/** What a running collector says of itself, and what waits in the folder that it shares with others. */
export const status = verb({
  help: 'Shows what a running collector says of itself, and what waits to be sent',
  needs: operatorClientOptions,
  async run({ options, show }) {
    const { ask } = createVerbOperator(operations, options, { name: 'collector' });
    const { spools, clock, ...numbers } = await ask('status', {});
    const { isReady } = numbers;
    const lines = numberLines(numbers);
    show({ isReady, lines, spools, clock }, () => [
      ...lines,
      ...spools.map(({ folder, bytes }) => `${folder}: ${bytes} bytes of page hits`),
      ...(clock ? [adviceOn(clock).join(' ')] : []),
    ]);
    return isReady ? 0 : 1;
  },
});

/** Takes the machine's clock for right after it jumped. */
export const trustClock = verb({
  help: "Says that the machine's clock is right after it jumped; a running collector hears it within a minute",
  needs: operatorClientOptions,
  async run({ options, show }) {
    const local = createFolderHandlers(options.dataDir);
    const { ask } = createVerbOperator(operations, options, { name: 'collector', local });
    const { isHeard } = await ask('trust-clock', {});
    show({ isHeard }, () =>
      isHeard
        ? 'The clock is taken for right from the next look on.'
        : `No collector has looked at the clock in ${options.dataDir} yet.`,
    );
    return isHeard ? 0 : 1;
  },
});
