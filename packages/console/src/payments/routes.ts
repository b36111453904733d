import { counted } from '@prosora/service/look';
import { Hono } from 'hono';
import { formOf } from '../guard/form.ts';
import type { Action, ConsoleEnv, Form, Room } from '../guard/room.ts';
import { show } from '../guard/show.ts';
import { cancellationsPage } from './cancellations-page.ts';
import { differencesPage } from './differences-page.ts';
import { eventPage } from './event-page.ts';
import { eventsPage } from './events-page.ts';
import { MOST, manyPage } from './many-page.ts';
import type { Payments } from './payments.ts';

/** Everything about payments; nothing where the site has no Stripe inbox. */
export function paymentsRoutes({ services, act }: Room): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const { payments, metrics } = services;
  if (payments === undefined) return routes;
  routes.get('/', (c) => show(c, eventsPage({ payments, metrics }, c.req.query(), c.get('frame'))));
  const pages = {
    '/event': eventPage,
    '/cancellations': cancellationsPage,
    '/many': manyPage,
  };
  for (const [path, shownBy] of Object.entries(pages)) {
    routes.get(path, (c) => show(c, shownBy(payments, c.req.query(), c.get('frame'))));
  }
  routes.get('/differences', (c) => show(c, differencesPage(payments, undefined, c.get('frame'))));
  // It reads pages of Stripe's, which no address may have it do.
  routes.post('/differences', async (c) => {
    const since = (await formOf(c)).get('since') ?? '';
    return show(c, differencesPage(payments, since, c.get('frame')));
  });
  for (const [path, action] of Object.entries(actionsOf(payments))) routes.post(path, act(action));
  return routes;
}

const LABELS = {
  replay: 'Send to Ghost again',
  skip: 'Skip, so that Ghost never gets it',
};
const OUTCOMES = {
  replay: 'will be sent to Ghost',
  skip: 'will not be sent to Ghost',
};
/** What chooses events and may stand in the log: nothing of it names a reader. */
const FILTER = ['state', 'type', 'customer', 'since', 'until', 'limit'] as const;

function actionsOf(payments: Payments): Record<string, Action> {
  const changing = (name: 'replay' | 'skip', isMany: boolean): Action => ({
    name: `payments.${name}${isMany ? '-many' : ''}`,
    label: `${LABELS[name]}: ${isMany ? 'all events of this kind' : 'one event'}`,
    part: 'payments',
    logged: isMany ? FILTER : ['id'],
    async run(form, caller) {
      const choice = isMany ? choiceIn(form) : { ids: form.getAll('id'), all: false };
      const { asked, changed } = await payments.post(name, choice, caller);
      return `${counted(changed)} of ${counted(asked)} events ${OUTCOMES[name]}.`;
    },
    back: (form) =>
      isMany ? '/payments' : `/payments/event?id=${encodeURIComponent(form.get('id') ?? '')}`,
  });
  return {
    '/replay': changing('replay', false),
    '/skip': changing('skip', false),
    '/replay-many': changing('replay', true),
    '/skip-many': changing('skip', true),
    '/reconcile': {
      name: 'payments.reconcile',
      label: 'Put what is missing into the inbox',
      part: 'payments',
      logged: ['since'],
      async run(form, caller) {
        const asked = { since: form.get('since') ?? '' };
        const { repairs } = await payments.post('reconcile', asked, caller);
        const sent = repairs.filter(({ outcome }) => outcome === 'sent').length;
        return `${counted(sent)} of ${counted(repairs.length)} differences are in the inbox and go to Ghost.`;
      },
      back: () => '/payments/differences',
    },
    '/trust-clock': {
      name: 'payments.trust-clock',
      label: 'Trust the clock',
      part: 'payments',
      async run(_, caller) {
        const { isHeard } = await payments.post('trust-clock', {}, caller);
        return isHeard ? 'The clock is trusted.' : 'Nobody has looked at the clock yet.';
      },
      back: () => '/payments',
    },
  };
}

/** As the page that counted them wrote it into its form. */
function choiceIn(form: Form) {
  const given = FILTER.map((name) => [name, form.get(name)] as const);
  const { limit = String(MOST), ...filter } = Object.fromEntries(
    given.filter((field): field is [(typeof FILTER)[number], string] => !!field[1]),
  ) as Partial<Record<(typeof FILTER)[number], string>>;
  return { ...filter, limit: Number(limit), all: false };
}
