import { trustClock, verb } from '@prosora/service';
import { clockRecordOf } from '../inbox/clock.ts';
import { placeNeeds } from './visit.ts';

/** `trust-clock`: a person says that the machine's clock is right after it jumped. */
export const trust = verb({
  help: "Says that the machine's clock is right after it jumped",
  needs: placeNeeds,
  async run({ options, show }) {
    const isHeard = await trustClock(clockRecordOf(options));
    show({ isHeard }, () =>
      isHeard
        ? 'The clock is believed from now on; `serve` hears it within a minute.'
        : 'There is nothing to say: `serve` has not looked at the clock yet.',
    );
    return 0;
  },
});
