import { verb } from '@prosora/service';
import { askNeeds, operatorOf } from './ask.ts';

/** `trust-clock`: a person says that the machine's clock is right after it jumped. */
export const trust = verb({
  help: "Says that the machine's clock is right after it jumped",
  needs: askNeeds,
  async run({ options, show }) {
    show(await operatorOf(options).ask('trust-clock', {}), ({ isHeard }) =>
      isHeard
        ? 'The clock is believed from now on.'
        : 'There is nothing to say: `serve` has not looked at the clock yet.',
    );
    return 0;
  },
});
