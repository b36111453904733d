import { card, counted, facts, type Html, html, notices, when } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import { at, type Query } from '../look/address.ts';
import { actionForm, type Field } from '../look/form.ts';
import { asked, list, TIMES } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import type { operations } from '../services/api/payments.ts';
import type { OutputOf } from '../services/client.ts';
import { courseCard } from '../services/course.ts';
import { numberOf } from '../services/number-of.ts';
import type { Services } from '../services/services.ts';
import { money, type Payments, paymentTabs, stateBadge, unitsOf, verbOf } from './payments.ts';

const STATES =
  'dead,ambiguous,held waiting,ready,leased,delayed,aside dead ambiguous held done superseded dropped twin ignored';
const TYPES =
  'checkout.session.completed customer.subscription.created customer.subscription.updated customer.subscription.deleted invoice.payment_succeeded charge.refunded';

/** What chooses events. */
export const FILTER: readonly Field[] = [
  { name: 'state', label: 'State', options: STATES.split(' ') },
  { name: 'type', label: 'Type', options: TYPES.split(' ') },
  { name: 'customer', label: 'Customer' },
  ...TIMES,
];

/** As Ghost counts it; the stack reads it there. */
const REVENUE = {
  title: 'Monthly recurring revenue over three months',
  caption: 'As Ghost counts it',
  query: 'max by (currency) (prosora_mrr_minor_units)',
  range: { hours: 90 * 24, points: 90 },
  scaleOf: ({ currency = '' }: Readonly<Record<string, string>>) => ({
    unit: currency.toUpperCase(),
    by: unitsOf(currency),
  }),
};

/** How payments reach Ghost, and every event by state, type, customer and time. */
export async function eventsPage(
  { payments, metrics }: { payments: Payments; metrics?: Services['metrics'] },
  query: Query,
  frame: Frame,
): Promise<Shown> {
  const { zone } = frame;
  const [status, answer, revenue] = await Promise.all([
    answerOf('payments', payments.get('status')),
    answerOf('payments', payments.get('events', { ...asked(query, zone), limit: '50' })),
    courseCard(metrics, REVENUE, zone),
  ]);
  const listed = list({
    path: '/payments',
    query,
    fields: FILTER,
    answer,
    caption: 'Events, the newest first',
    columns: ['Received', 'Type', 'State', 'Reason', 'Tries', 'Customer', 'Event'],
    none: 'No event is of this kind, as far as this page looked.',
    row: ({ id, type, customer, receivedAt, state, reason, attempts }) => [
      when(receivedAt, zone),
      type,
      stateBadge(state),
      reason ?? '',
      attempts,
      customer && html`<a href="${at('/payments', { customer })}">${customer}</a>`,
      html`<a href="${at('/payments/event', { id })}">${id}</a>`,
    ],
  });
  const { after: _, ...filter } = query as Partial<Query>;
  const all = at('/payments/many', { ...filter, state: query['state'] || 'dead' });
  const many = html`<p><a href="${all}">Replay or skip all ${query['state'] ? 'that this finds' : 'that are dead'}…</a></p>`;
  const body = html`${paymentTabs('/payments')}
${orNotice(status, (value) => card('Now', statusOf(value, frame)))}
${card('Events', html`${many}${listed}`)}${revenue}`;
  return { title: 'Payments', section: 'payments', body, isLive: true, problem: answer.problem };
}

function statusOf(status: OutputOf<operations['status']>, frame: Frame): Html {
  const { failures, clock, events, deliveries, held, mrr, oldestPending } = status;
  const counts = (all: Readonly<Record<string, number>>) =>
    Object.entries(all)
      .map(([state, count]) => `${state} ${counted(count)}`)
      .join(', ') || 'none';
  const isBroken = numberOf(status, 'prosora_stripe_breaker_open') > 0;
  const broken = isBroken ? ['Nothing is delivered at the moment, because Ghost is not well.'] : [];
  const alarms = [...failures, ...broken, ...(clock === null ? [] : [clock])];
  const trust = { action: '/payments/trust-clock', label: 'The clock is right' };
  const worth = Object.entries(mrr).map(([currency, amount]) => money(amount, currency));
  return html`${notices(alarms)}${clock === null ? '' : actionForm({ ...trust, verb: verbOf('trust-clock') }, frame)}
${facts([
  ['Events', events],
  ['Deliveries to Ghost', counts(deliveries)],
  ['Held for a person', counts(held)],
  ['The oldest that Ghost still has to get', when(oldestPending, frame.zone)],
  ['Monthly recurring revenue', worth.join(', ') || 'not counted here'],
])}`;
}
