import { counted } from '@prosora/service/look';
import type { Form, Room } from '../guard/room.ts';
import { type Deed, type Section, sectionOf, trustClock } from '../guard/section.ts';
import { cancellationsPage } from './cancellations-page.ts';
import { differencesPage } from './differences-page.ts';
import { eventPage, eventsPage } from './events-page.ts';
import { MOST, manyPage } from './many-page.ts';
import type { Payments } from './payments.ts';

/** Everything about payments. */
export const paymentsSection = ({ services, act }: Room): Section | undefined => {
  const { payments, metrics } = services;
  if (payments === undefined) return undefined;
  return sectionOf(act, {
    name: 'payments',
    service: payments,
    part: 'payments',
    tabs: { Events: '/', Cancellations: '/cancellations', Differences: '/differences' },
    pages: {
      '/': (_, query, frame) => eventsPage({ payments, metrics }, query, frame),
      '/event': eventPage,
      '/cancellations': cancellationsPage,
      '/many': manyPage,
      '/differences': (_, __, frame) => differencesPage(payments, undefined, frame),
    },
    questions: {
      // It reads pages of Stripe's, which no address may have it do.
      '/differences': (_, { since = '' }, frame) => differencesPage(payments, since, frame),
    },
    actions: actionsOf(payments),
  });
};

const CHANGES = {
  replay: { label: 'Send to Ghost again', outcome: 'will be sent to Ghost' },
  skip: { label: 'Skip, so that Ghost never gets it', outcome: 'will not be sent to Ghost' },
};
/** What chooses events and may stand in the log: nothing of it names a reader. */
const FILTER = ['state', 'type', 'customer', 'since', 'until', 'limit'] as const;

function actionsOf(payments: Payments): Record<string, Deed> {
  const changing = (name: keyof typeof CHANGES, isMany: boolean): Deed => ({
    label: `${CHANGES[name].label}: ${isMany ? 'all events of this kind' : 'one event'}`,
    logged: isMany ? FILTER : ['id'],
    async run(form, caller) {
      const choice = isMany ? choiceIn(form) : { ids: form.getAll('id'), all: false };
      const { asked, changed } = await payments.post(name, choice, caller);
      return `${counted(changed)} of ${counted(asked)} events ${CHANGES[name].outcome}.`;
    },
    back: (form) =>
      isMany ? '/payments' : `/payments/event?id=${encodeURIComponent(form.get('id') ?? '')}`,
  });
  return {
    replay: changing('replay', false),
    skip: changing('skip', false),
    'replay-many': changing('replay', true),
    'skip-many': changing('skip', true),
    reconcile: {
      label: 'Put what is missing into the inbox',
      logged: ['since'],
      async run(form, caller) {
        const asked = { since: form.get('since') ?? '' };
        const { repairs } = await payments.post('reconcile', asked, caller);
        const sent = repairs.filter(({ outcome }) => outcome === 'sent').length;
        return `${counted(sent)} of ${counted(repairs.length)} differences are in the inbox and go to Ghost.`;
      },
      back: () => '/payments/differences',
    },
    'trust-clock': trustClock(async (caller) => {
      const { isHeard } = await payments.post('trust-clock', {}, caller);
      return isHeard ? 'The clock is trusted.' : 'Nobody has looked at the clock yet.';
    }),
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
