import { verb } from '@prosora/service';
import { createFolderHandlers } from './handlers.ts';
import { operatorClientOptions, operatorOf } from './operator.ts';

/** Leaves a word for the guard of the clock, which a running engine asks every minute. */
export const trustClock = verb({
  help: "Says that the machine's clock is right after it jumped; a running engine hears it within a minute",
  needs: operatorClientOptions,
  async run({ options, show }) {
    const local = createFolderHandlers(options.dataDir);
    const { isHeard } = await operatorOf(options, local).ask('trust-clock', {});
    show({ isHeard }, () =>
      isHeard
        ? 'The clock is taken for right from the next look on.'
        : `No engine has looked at the clock in ${options.dataDir} yet.`,
    );
    return isHeard ? 0 : 1;
  },
});
