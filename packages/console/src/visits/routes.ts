import { counted } from '@prosora/service/look';
import { Hono } from 'hono';
import type { Action, ConsoleEnv, Room } from '../guard/room.ts';
import { show } from '../guard/show.ts';
import { letterPage } from './letter-page.ts';
import { createRate } from './rate.ts';
import { type Visits, visitsPage } from './visits-page.ts';

/** Everything about visits; nothing where the site has no collector. */
export function visitsRoutes({ services, act }: Room): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const { visits, engine, metrics } = services;
  if (visits === undefined) return routes;
  const parts = { visits, engine, metrics, rate: createRate() };
  routes.get('/', (c) => show(c, visitsPage(parts, c.req.query(), c.get('frame'))));
  routes.get('/letter', (c) => show(c, letterPage(visits, c.req.query(), c.get('frame'))));
  routes.post('/replay', act(replayOf(visits)));
  routes.post(
    '/trust-clock',
    act({
      name: 'visits.trust-clock',
      label: 'Trust the clock',
      part: 'visits',
      async run(_, caller) {
        const { isHeard } = await visits.post('trust-clock', {}, caller);
        return isHeard
          ? 'The clock is trusted: the collectors hear it within a minute.'
          : 'No collector has looked at the clock yet.';
      },
      back: () => '/visits',
    }),
  );
  return routes;
}

const LETTERS_A_TIME = 1_000;
/** The collector begins no letter after ten seconds, so this is all that somebody waits for. */
const CALLS = 5;

function replayOf(visits: Visits): Action {
  return {
    name: 'visits.replay',
    label: 'Send batches of visits again',
    part: 'visits',
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
    back: () => '/visits',
  };
}
