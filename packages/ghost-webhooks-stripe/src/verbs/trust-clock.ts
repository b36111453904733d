import { trustClock } from '@prosora/service';
import { clockRecordOf } from '../inbox/clock.ts';
import { print, type Verb } from './verb.ts';

/** `trust-clock`: a person says that the machine's clock is right after it jumped. */
export const trust: Verb = async (_flags, values) => {
  const isHeard = await trustClock(clockRecordOf(values));
  print(
    isHeard
      ? 'The clock is believed from now on; `serve` hears it within a minute.\n'
      : 'There is nothing to say: `serve` has not looked at the clock yet.\n',
  );
};
