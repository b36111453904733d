import { pick, trustClock as trust, verb } from '@prosora/service';
import { clockRecordOf } from '../care/clock-file.ts';
import { engineOptions } from '../options.ts';

/** Leaves a word for the guard of the clock, which a running engine asks every minute. */
export const trustClock = verb({
  help: "Says that the machine's clock is right after it jumped; a running engine hears it within a minute",
  needs: pick(engineOptions, 'dataDir'),
  async run({ options: { dataDir }, show }) {
    const isHeard = await trust(clockRecordOf(dataDir));
    show({ isHeard }, () =>
      isHeard
        ? 'The clock is taken for right from the next look on.'
        : `No engine has looked at the clock in ${dataDir} yet.`,
    );
    return isHeard ? 0 : 1;
  },
});
