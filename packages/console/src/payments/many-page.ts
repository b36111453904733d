import { html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { card } from '../look/facts.ts';
import { actionForm, filterForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { counted } from '../look/table.ts';
import { answerOf } from '../services/answer.ts';
import { fieldsOf, filterIn } from './events-page.ts';
import { type Payments, paymentTabs, verbOf } from './payments.ts';

/** Changed at a time: what a service does while somebody waits for the answer. */
export const MOST = 10_000;

/** Counts what a filter finds, before any of it is replayed or skipped. */
export async function manyPage(payments: Payments, query: Query, frame: Frame): Promise<Shown> {
  const given = filterIn(query, frame.zone);
  // What comes after the count was not counted.
  const filter = { ...given, until: given.until ?? new Date().toISOString() };
  const asked = payments.get('count', { ...filter, limit: String(MOST) });
  const { value, problem } = await answerOf('payments', asked);
  const fields = Object.fromEntries(
    Object.entries({ ...filter, limit: String(MOST) }).filter(([, text]) => text),
  ) as Record<string, string>;
  const flags = Object.entries(fields).map(([name, text]) => `--${name} ${text}`);
  const form = (name: 'replay' | 'skip', label: string) =>
    actionForm(
      {
        action: `/payments/${name}-many`,
        fields,
        label,
        verb: verbOf([name, ...flags].join(' ')),
        isGrave: true,
      },
      frame,
    );
  const found = value && `${counted(value.count)}${value.isMore ? ' or more' : ''}`;
  const events = value?.count === 1 ? 'event is' : 'events are';
  const counts = html`<p class="count"><strong>${found ?? ''}</strong> ${events} of this kind.${value?.isMore ? ` The newest ${counted(MOST)} are taken; come again for the others.` : ''}</p>
<p>Those that were dead go to Ghost once more, the oldest first, and each that somebody else has sent on meanwhile is left. Of payments in doubt nobody can tell whether Ghost has counted them: look at those one by one.</p>
${value?.count === 0 ? '' : html`<div class="actions">${form('replay', `Replay ${found}`)}${form('skip', `Skip ${found}`)}</div>`}`;
  const body = html`${paymentTabs('')}
${card('Which events', filterForm('/payments/many', fieldsOf(query)))}
${problem ? notice(problem) : card('All of them', counts)}
<p><a href="${at('/payments', query)}">Look at them first</a></p>`;
  return { title: 'Replay or skip many', section: 'payments', body, problem };
}
