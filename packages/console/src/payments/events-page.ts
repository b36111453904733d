import { card, counted, facts, type Html, html, notices, table, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import type { Field } from '../look/form.ts';
import { asked, list, TIMES } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, onlyOf, orNotice } from '../services/answer.ts';
import { courseCard } from '../services/course.ts';
import { countsOf, numberOf } from '../services/number-of.ts';
import { partForm, TRUST_CLOCK } from '../services/parts.ts';
import type { Said, Services } from '../services/services.ts';
import { changesList } from './cancellations-page.ts';
import {
  doubleWarning,
  isDoubtful,
  money,
  type Payments,
  stateBadge,
  unitsOf,
} from './payments.ts';

type EventInFull = Said<'payments', 'event'>;

/** Of what is in an event no more is shown: a page stays a page. */
const PAYLOAD_CHARS = 20_000;
const CHANGES_LOOKED_AT = 50;

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

type Parts = { payments: Payments; metrics?: Services['metrics'] };

/** How payments reach Ghost, and every event by state, type, customer and time. */
export const eventsPage: Page<Parts> = async ({ payments, metrics }, query, frame) => {
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
  return html`${notices(alarms)}${clock === null ? '' : partForm('payments', TRUST_CLOCK, frame)}
${facts([
  ['Events', events],
  ['Deliveries to Ghost', countsOf(deliveries)],
  ['Held for a person', countsOf(held)],
  ['The oldest that Ghost still has to get', when(oldestPending, frame.zone)],
  ['Monthly recurring revenue', worth.join(', ') || 'not counted here'],
])}`;
}

/** One event with every attempt and what Ghost answered, and what else is known of the member. */
export const eventPage: Page<Payments> = async (payments, { id = '' }, frame) => {
  const { zone } = frame;
  const answer = await answerOf('payments', payments.get('event', { id, payload: 'true' }));
  const customer = answer.value?.customer ?? null;
  const member = customer === null ? '' : await memberCard(payments, customer, zone);
  const shown = onlyOf(
    answer,
    (event) => html`${card(event.type, html`${factsOf(event, zone)}${actionsOf(event, frame)}`)}
${event.deliveries.map((delivery) => deliveryCard(delivery, zone))}
${member}
${payloadCard(event.payload)}`,
  );
  return { title: `Event ${id}`, isLive: true, ...shown };
};

function factsOf(event: EventInFull, zone: string): Html {
  const { state, reason, customer, receivedAt, source, apiVersion, livemode, bytes } = event;
  return facts([
    ['State', stateBadge(state)],
    ['Reason', reason ?? '–'],
    [
      'Customer',
      customer === null ? '–' : html`<a href="${at('/payments', { customer })}">${customer}</a>`,
    ],
    ['Received', html`${when(receivedAt, zone)}, by ${source}`],
    ['Version of the API', `${apiVersion ?? 'unknown'}, ${livemode ? 'live' : 'test'} mode`],
    ['Size', `${counted(bytes)} bytes`],
    ['From', event.remoteAddress ?? '–'],
  ]);
}

function actionsOf({ id, state, customer }: EventInFull, frame: Frame): Html {
  const mayDouble = isDoubtful(state);
  const whose = customer === null ? '' : `, whose customer at Stripe is ${customer}`;
  const warning = mayDouble ? doubleWarning(`Look at the member first${whose}.`) : '';
  const form = (name: 'replay' | 'skip', label: string, isGrave: boolean) => {
    const change = { name, verb: `${name} ${id}`, fields: { id }, label, isGrave };
    return partForm('payments', change, frame);
  };
  const isOver = state === 'done' || state === 'ignored' || state === 'twin';
  return html`${warning}${form('replay', 'Send to Ghost again', mayDouble)}${isOver ? '' : form('skip', 'Skip', true)}`;
}

function deliveryCard(
  { sink, state, reason, dueAt, attempts }: EventInFull['deliveries'][number],
  zone: string,
): Html {
  const tries = table({
    caption: `Attempts for ${sink}`,
    columns: ['Begun', 'Took', 'Outcome', 'Answer'],
    rows: attempts.map(({ startedAt, endedAt, outcome, reason: answer }) => [
      when(startedAt, zone),
      `${counted(Date.parse(endedAt) - Date.parse(startedAt))} ms`,
      stateBadge(outcome),
      answer ?? '',
    ]),
    none: 'It was not tried yet.',
  });
  const next = dueAt === null ? '' : html` The next try is at ${when(dueAt, zone)}.`;
  const name = sink === 'ghost' ? 'Ghost' : sink;
  return card(
    `Delivery to ${name}`,
    html`<p>${stateBadge(state)} ${reason ?? ''}${next}</p>${tries}`,
  );
}

async function memberCard(payments: Payments, customer: string, zone: string): Promise<Html> {
  const asking = payments.get('changes', { customer, limit: String(CHANGES_LOOKED_AT) });
  const answer = await answerOf('payments', asking);
  const { address } = answer.value?.items.find((change) => change.address !== null) ?? {};
  // Without a way on: the next page would be one of events.
  const newest = answer.value ? { value: { ...answer.value, next: null } } : answer;
  const path = '/payments';
  const listed = list({ ...changesList(zone), path, query: { customer }, answer: newest });
  return card('The member', html`<p>${address ?? 'No event says who it is.'}</p>${listed}`);
}

function payloadCard(payload: string | undefined): Html {
  if (payload === undefined) return html``;
  const isCut = payload.length > PAYLOAD_CHARS;
  const more = isCut ? html`<p>Only the beginning is shown.</p>` : '';
  return card(
    'What is in it',
    html`<details><summary>As Stripe sent it</summary><pre tabindex="0">${payload.slice(0, PAYLOAD_CHARS)}</pre>${more}</details>`,
  );
}
