import { type Html, html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { stepLine } from '../look/chart.ts';
import { card, facts } from '../look/facts.ts';
import { actionForm, type Field, filterForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { counted, table } from '../look/table.ts';
import { momentOf, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import type { operations } from '../services/api/payments.ts';
import type { OutputOf } from '../services/client.ts';
import { numberOf } from '../services/number-of.ts';
import type { Services } from '../services/services.ts';
import { FOR_A_PERSON, money, type Payments, paymentTabs, stateBadge, verbOf } from './payments.ts';

const EVENTS_A_PAGE = 50;
const STATES = [
  FOR_A_PERSON,
  'waiting,ready,leased,delayed,aside',
  'dead',
  'ambiguous',
  'held',
  'done',
  'superseded',
  'dropped',
  'twin',
  'ignored',
];
const TYPES = [
  'checkout.session.completed',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'invoice.payment_succeeded',
  'charge.refunded',
];

/** How payments reach Ghost, and every event by state, type, customer and time. */
export async function eventsPage(
  { payments, metrics }: { payments: Payments; metrics?: Services['metrics'] },
  query: Query,
  frame: Frame,
): Promise<Shown> {
  const { zone } = frame;
  const filter = filterIn(query, zone);
  const [status, list] = await Promise.all([
    answerOf('payments', payments.get('status')),
    answerOf(
      'payments',
      payments.get('events', { ...filter, after: query['after'], limit: String(EVENTS_A_PAGE) }),
    ),
  ]);
  const { items = [], next = null } = list.value ?? {};
  const listed = table({
    caption: 'Events, the newest first',
    columns: ['Received', 'Type', 'State', 'Reason', 'Tries', 'Customer', 'Event'],
    rows: items.map(({ id, type, customer, receivedAt, state, reason, attempts }) => [
      when(receivedAt, zone),
      type,
      stateBadge(state),
      reason ?? '',
      attempts,
      customer === null ? '–' : html`<a href="${at('/payments', { customer })}">${customer}</a>`,
      html`<a href="${at('/payments/event', { id })}">${id}</a>`,
    ]),
    none: 'No event is of this kind, as far as this page looked.',
    next: next === null ? null : at('/payments', { ...query, after: next }),
  });
  const { after: _, ...bulk } = query as Partial<Query>;
  const many = html`<p><a href="${at('/payments/many', { ...bulk, state: query['state'] || 'dead' })}">Replay or skip all that this finds…</a></p>`;
  const body = html`${paymentTabs('/payments')}
${status.problem ? notice(status.problem) : card('Now', statusOf(status.value, frame))}
${card('Events', html`${filterForm('/payments', fieldsOf(query))}${list.problem ? notice(list.problem) : html`${many}${listed}`}`)}
${await revenue(metrics, zone)}`;
  return { title: 'Payments', section: 'payments', body, isLive: true, problem: list.problem };
}

/** What an address says about which events, with its times as the service takes them. */
export function filterIn(query: Query, zone: string) {
  const { state, type, customer, since, until } = query as Partial<Query>;
  return { state, type, customer, since: momentOf(since, zone), until: momentOf(until, zone) };
}

/** Fields for the same. */
export function fieldsOf(query: Query): Field[] {
  return [
    { name: 'state', label: 'State', options: STATES, value: query['state'] },
    { name: 'type', label: 'Type', options: TYPES, value: query['type'] },
    { name: 'customer', label: 'Customer', value: query['customer'] },
    { name: 'since', label: 'Since', type: 'datetime-local', value: query['since'] },
    { name: 'until', label: 'Until', type: 'datetime-local', value: query['until'] },
  ];
}

function statusOf(status: OutputOf<operations['status']>, frame: Frame): Html {
  const { failures, clock, events, deliveries, held, mrr, oldestPending } = status;
  const counts = (all: Readonly<Record<string, number>>) =>
    Object.entries(all)
      .map(([state, count]) => `${state} ${counted(count)}`)
      .join(', ') || 'none';
  const isBroken = numberOf(status, 'prosora_stripe_breaker_open') > 0;
  const alarms = [
    ...failures,
    ...(isBroken ? ['Nothing is delivered at the moment, because Ghost is not well.'] : []),
    ...(clock === null ? [] : [clock]),
  ];
  const trust = {
    action: '/payments/trust-clock',
    label: 'The clock is right',
    verb: verbOf('trust-clock'),
  };
  const worth = Object.entries(mrr).map(([currency, amount]) => money(amount, currency));
  return html`${alarms.map((message) => notice({ code: 'ALARM', message }))}${clock === null ? '' : actionForm(trust, frame)}
${facts([
  ['Events', events],
  ['Deliveries to Ghost', counts(deliveries)],
  ['Held for a person', counts(held)],
  ['The oldest that Ghost still has to get', when(oldestPending, frame.zone)],
  ['Monthly recurring revenue', worth.join(', ') || 'not counted here'],
])}`;
}

/** Over three months, as Ghost counts it, where the site keeps metrics. */
async function revenue(metrics: Services['metrics'], zone: string): Promise<Html> {
  if (metrics === undefined) return html``;
  const range = { hours: 90 * 24, points: 90 };
  const asked = metrics.range('max by (currency) (prosora_mrr_minor_units)', range);
  const { value, problem } = await answerOf('metrics', asked);
  if (problem) return card('Monthly recurring revenue', notice(problem));
  const courses = value.map(({ labels, points }) => {
    const currency = (labels['currency'] ?? '').toUpperCase();
    const whole = points.map((point) => ({
      ...point,
      value: point.value === null ? null : point.value / unitsOf(currency),
    }));
    return stepLine({ caption: `In ${currency}`, points: whole, unit: currency, zone });
  });
  const none = html`<p class="none">Nothing is known yet.</p>`;
  return card(
    'Monthly recurring revenue over three months',
    html`${courses.length > 0 ? courses : none}`,
  );
}

/** How many of the smallest unit are one of the currency. */
function unitsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
  } catch {
    return 1;
  }
}
