import { card, counted, type Html, html, notices, table } from '@prosora/service/look';
import type { Shown } from '../guard/section.ts';
import { searchForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { quoted } from '../look/quoted.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { partForm } from '../services/parts.ts';
import type { Said } from '../services/services.ts';
import type { Payments } from './payments.ts';

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
  const form = { action: '/payments/differences', label: 'Compare', fields: [field] };
  const question = card('Compare with Stripe', searchForm(form, frame));
  if (since === undefined) return { title: 'Differences', body: question };
  const asking = payments.get('differences', { since }, PATIENCE);
  const answer = await answerOf('payments', asking);
  const body = html`${question}
${orNotice(answer, (found) => card('Differences', differencesOf(found, since, frame)))}`;
  return { title: 'Differences', body, problem: answer.problem };
}

function differencesOf(
  { repairs, notes, compared }: Said<'payments', 'differences'>,
  since: string,
  frame: Frame,
): Html {
  const listed = table({
    caption: 'What is missing',
    columns: ['What is wrong', 'Event', 'Type', 'About', 'Why'],
    rows: repairs.map(({ kind, id, type, subject, why }) => [KINDS[kind], id, type, subject, why]),
    none: 'Nothing is missing.',
  });
  const which = since === 'all' ? '--all' : `--since ${quoted(since)}`;
  const apply = {
    name: 'reconcile',
    fields: { since },
    label: `Put ${counted(repairs.length)} into the inbox`,
    verb: `reconcile ${which} --apply`,
  };
  return html`<p>${counted(compared.events)} events and ${counted(compared.subscriptions)} subscriptions were compared.</p>
${notices(notes)}${listed}${repairs.length === 0 ? '' : partForm('payments', apply, frame)}`;
}
