import { type Html, html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { card } from '../look/facts.ts';
import { filterForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { table } from '../look/table.ts';
import { momentOf, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import type { operations } from '../services/api/payments.ts';
import type { OutputOf } from '../services/client.ts';
import { money, type Payments, paymentTabs } from './payments.ts';

type Change = OutputOf<operations['changes']>['items'][number];

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

const LOOKED_AT = '200';

/** Who cancelled, and whose subscription ended. */
export async function cancellationsPage(
  payments: Payments,
  query: Query,
  frame: Frame,
): Promise<Shown> {
  const { zone } = frame;
  const { since, until, after, ended } = query as Partial<Query>;
  const asked = { since: momentOf(since, zone), until: momentOf(until, zone), limit: LOOKED_AT };
  const changes = (type: Change['type'], from: string | undefined) =>
    answerOf('payments', payments.get('changes', { ...asked, type, after: from }));
  const [scheduled, over] = await Promise.all([
    changes('subscription.cancel_scheduled', after),
    changes('subscription.ended', ended),
  ]);
  const fields = [
    { name: 'since', label: 'Since', type: 'datetime-local', value: since },
    { name: 'until', label: 'Until', type: 'datetime-local', value: until },
  ] as const;
  const list = ({ value, problem }: typeof scheduled, key: string) => {
    if (problem) return notice(problem);
    const next =
      value.next === null ? null : at('/payments/cancellations', { ...query, [key]: value.next });
    return changesTable(value.items, zone, next);
  };
  const body = html`${paymentTabs('/payments/cancellations')}
${filterForm('/payments/cancellations', fields)}
${card('Cancelled', list(scheduled, 'after'))}
${scheduled.problem ? '' : card('Ended', list(over, 'ended'))}`;
  const problem = scheduled.problem ?? over.problem;
  return { title: 'Cancellations', section: 'payments', body, problem };
}

/** What happened to members, a row each. */
export function changesTable(changes: readonly Change[], zone: string, next?: string | null): Html {
  return table({
    caption: 'What happened to members, the newest first',
    columns: ['When', 'Member', 'What', 'Amount', 'Event'],
    rows: changes.map(({ at: iso, address, customer, type, amount, currency, eventId }) => [
      when(iso, zone),
      address ?? customer ?? '–',
      WORDS[type],
      amount === null || currency === null ? '' : money(amount, currency),
      html`<a href="${at('/payments/event', { id: eventId })}">${eventId}</a>`,
    ]),
    none: 'No event of this time tells of one, as far as this page looked.',
    next,
  });
}
