import { counted } from '@prosora/service/look';
import type { Room } from '../guard/room.ts';
import { type Deed, type Section, sectionOf, trustClock } from '../guard/section.ts';
import { createRate } from './rate.ts';
import { letterPage, type Visits, visitsPage } from './visits-page.ts';

/** Everything about visits. */
export function visitsSection({ services, act }: Room): Section | undefined {
  const { visits, engine, metrics } = services;
  if (visits === undefined) return undefined;
  const parts = { visits, engine, metrics, rate: createRate() };
  return sectionOf(act, {
    name: 'visits',
    service: visits,
    part: 'visits',
    pages: { '/': (_, query, frame) => visitsPage(parts, query, frame), '/letter': letterPage },
    actions: {
      replay: replayOf(visits),
      'trust-clock': trustClock(async (caller) => {
        const { isHeard } = await visits.post('trust-clock', {}, caller);
        return isHeard
          ? 'The clock is trusted: the collectors hear it within a minute.'
          : 'No collector has looked at the clock yet.';
      }),
    },
  });
}

const LETTERS_A_TIME = 1_000;
/** The collector begins no letter after ten seconds, so this is all that somebody waits for. */
const CALLS = 5;

function replayOf(visits: Visits): Deed {
  return {
    label: 'Send batches of visits again',
    logged: ['batch', 'anyway'],
    async run(form, caller) {
      const batch = form.get('batch') ?? undefined;
      const asked = { ...(batch && { batch }), anyway: form.get('anyway') === 'yes' };
      let [through, stay] = [0, 0];
      let after: string | null | undefined;
      for (let calls = 0; calls < CALLS && after !== null; calls += 1) {
        const page = { limit: LETTERS_A_TIME, ...(after && { after }) };
        const { items, next } = await visits.post('replay', { ...asked, ...page }, caller);
        for (const { stays } of items) {
          if (stays === null) through += 1;
          else stay += 1;
        }
        after = next;
      }
      const rest = after === null ? '' : ' There are more: send them again.';
      return `${counted(through)} batches are through, ${counted(stay)} stay.${rest}`;
    },
  };
}
