import { card, facts, type Html, html, notices, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { trustForm } from '../guard/trust-clock.ts';
import { at } from '../look/address.ts';
import type { Field } from '../look/form.ts';
import { asked, list, TIMES } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { courseCard } from '../services/course.ts';
import { countsOf, numberOf } from '../services/number-of.ts';
import type { Said, Services } from '../services/services.ts';
import { money, type Payments, stateBadge, unitsOf } from './payments.ts';

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
export const eventsPage: Page<{ payments: Payments; metrics?: Services['metrics'] }> = async (
  { payments, metrics },
  query,
  frame,
) => {
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
  const { after: _, ...filter } = query;
  const all = at('/payments/many', { ...filter, state: query['state'] || 'dead' });
  const many = html`<p><a href="${all}">Replay or skip all ${query['state'] ? 'that this finds' : 'that are dead'}…</a></p>`;
  const body = html`${orNotice(status, (value) => card('Now', statusOf(value, frame)))}
${card('Events', html`${many}${listed}`)}${revenue}`;
  return { title: 'Payments', body, isLive: true, problem: answer.problem };
};

function statusOf(status: Said<'payments', 'status'>, frame: Frame): Html {
  const { failures, clock, events, deliveries, held, mrr, oldestPending } = status;
  const isBroken = numberOf(status, 'prosora_stripe_breaker_open') > 0;
  const broken = isBroken ? ['Nothing is delivered at the moment, because Ghost is not well.'] : [];
  const alarms = [...failures, ...broken, ...(clock === null ? [] : [clock])];
  const worth = Object.entries(mrr).map(([currency, amount]) => money(amount, currency));
  return html`${notices(alarms)}${clock === null ? '' : trustForm('payments', frame)}
${facts([
  ['Events', events],
  ['Deliveries to Ghost', countsOf(deliveries)],
  ['Held for a person', countsOf(held)],
  ['The oldest that Ghost still has to get', when(oldestPending, frame.zone)],
  ['Monthly recurring revenue', worth.join(', ') || 'not counted here'],
])}`;
}
