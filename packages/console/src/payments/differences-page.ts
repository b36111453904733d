import { card, counted, html, notice, notices, table } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import { actionForm, searchForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { quoted } from '../look/quoted.ts';
import { answerOf } from '../services/answer.ts';
import { type Payments, paymentTabs, verbOf } from './payments.ts';

const KINDS = {
  lost: 'the inbox never got it',
  'unknown-to-ghost': 'Ghost does not know of it',
  'stale-in-ghost': 'Ghost has it as it was before',
};

/** It asks Stripe for pages of events. */
const PATIENCE = { timeoutMs: 60_000 };

/** What Stripe has and the inbox or Ghost lacks; looked for when somebody asks, since it reads pages of Stripe's. */
export async function differencesPage(
  payments: Payments,
  since: string | undefined,
  frame: Frame,
): Promise<Shown> {
  const field = {
    name: 'since',
    label: 'Of so many days, such as 30d, or all',
    value: since ?? '30d',
    isRequired: true,
  };
  const asking = searchForm(
    { action: '/payments/differences', label: 'Compare', fields: [field] },
    frame,
  );
  const shown = { title: 'Differences', section: 'payments' } as const;
  const question = html`${paymentTabs('/payments/differences')}${card('Compare with Stripe', asking)}`;
  if (since === undefined) return { ...shown, body: question };
  const { value, problem } = await answerOf(
    'payments',
    payments.get('differences', { since }, PATIENCE),
  );
  if (problem) return { ...shown, body: html`${question}${notice(problem)}`, problem };
  const { repairs, notes, compared } = value;
  const listed = table({
    caption: 'What is missing',
    columns: ['What is wrong', 'Event', 'Type', 'About', 'Why'],
    rows: repairs.map(({ kind, id, type, subject, why }) => [KINDS[kind], id, type, subject, why]),
    none: 'Nothing is missing.',
  });
  const apply = {
    action: '/payments/reconcile',
    fields: { since },
    label: `Put ${counted(repairs.length)} into the inbox`,
    verb: verbOf(`reconcile ${since === 'all' ? '--all' : `--since ${quoted(since)}`} --apply`),
  };
  const body = html`${question}
${card(
  'Differences',
  html`<p>${counted(compared.events)} events and ${counted(compared.subscriptions)} subscriptions were compared.</p>
${notices(notes)}${listed}${repairs.length === 0 ? '' : actionForm(apply, frame)}`,
)}`;
  return { ...shown, body };
}
