import { type Cell, card, html, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { asked, list, TIMES } from '../look/list.ts';
import { answerOf } from '../services/answer.ts';
import type { Said } from '../services/services.ts';
import { money, type Payments } from './payments.ts';

type Change = Said<'payments', 'changes'>['items'][number];

/** What a change is called where people read it. */
const WORDS: Record<Change['type'], string> = {
  'subscription.started': 'subscribed',
  'subscription.upgraded': 'changed to a dearer plan',
  'subscription.downgraded': 'changed to a cheaper plan',
  'subscription.cancel_scheduled': 'cancelled, to the end of what is paid',
  'subscription.resumed': 'took the cancellation back',
  'subscription.past_due': 'owes a payment',
  'subscription.recovered': 'has paid what was owed',
  'subscription.ended': 'is no subscriber any more',
  'payment.succeeded': 'paid',
  'payment.failed': 'could not pay',
  'payment.refunded': 'was paid back',
  donation: 'donated',
  gift: 'gave a gift',
};

/** Who cancelled, and whose subscription ended. */
export const cancellationsPage: Page<Payments> = async (payments, query, { zone }) => {
  const { since, until } = asked(query, zone);
  const changes = (type: Change['type'], key: string) =>
    answerOf(
      'payments',
      payments.get('changes', { type, since, until, after: query[key], limit: '200' }),
    );
  const [scheduled, over] = await Promise.all([
    changes('subscription.cancel_scheduled', 'after'),
    changes('subscription.ended', 'ended'),
  ]);
  const shown = { ...changesList(zone), path: '/payments/cancellations', query };
  const body = html`${card('Cancelled', list({ ...shown, answer: scheduled, fields: TIMES, caption: 'Who cancelled' }))}
${scheduled.problem ? '' : card('Ended', list({ ...shown, answer: over, key: 'ended', caption: 'Whose subscription ended' }))}`;
  const problem = scheduled.problem ?? over.problem;
  return { title: 'Cancellations', body, problem };
};

/** What happened to members, a row each. */
export function changesList(zone: string) {
  return {
    caption: 'What happened to members, the newest first',
    columns: ['When', 'Member', 'What', 'Amount', 'Event'],
    none: 'No event of this time tells of one, as far as this page looked.',
    row: ({ at: iso, address, customer, type, amount, currency, eventId }: Change): Cell[] => [
      when(iso, zone),
      address ?? customer ?? '–',
      WORDS[type],
      amount === null || currency === null ? '' : money(amount, currency),
      html`<a href="${at('/payments/event', { id: eventId })}">${eventId}</a>`,
    ],
  };
}
