import { card, counted, facts, type Html, html, table, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import { list } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, onlyOf } from '../services/answer.ts';
import { verbOf } from '../services/parts.ts';
import type { Said } from '../services/services.ts';
import { changesList } from './cancellations-page.ts';
import { doubleWarning, isDoubtful, type Payments, stateBadge } from './payments.ts';

type EventInFull = Said<'payments', 'event'>;

/** Of what is in an event no more is shown: a page stays a page. */
const PAYLOAD_CHARS = 20_000;
const CHANGES_LOOKED_AT = 50;

/** One event with every attempt and what Ghost answered, and what else is known of the member. */
export const eventPage: Page<Payments> = async (payments, { id = '' }, frame) => {
  const { zone } = frame;
  const asked = payments.get('event', { id, payload: 'true' });
  const answer = await answerOf('payments', asked);
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
    const [action, verb] = [`/payments/${name}`, verbOf('payments', `${name} ${id}`)];
    return actionForm({ action, fields: { id }, label, verb, isGrave }, frame);
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
