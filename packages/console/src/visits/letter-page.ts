import { badge, card, counted, facts, html, notice, when } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import type { Query } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { answerOf } from '../services/answer.ts';
import { type Visits, verbOf } from './visits-page.ts';

/** Of a batch no more rows are shown: a page stays a page. */
const ROWS_SHOWN = 10;

/** A batch of hits that nobody takes: why, and what is in it. */
export async function letterPage(visits: Visits, query: Query, frame: Frame): Promise<Shown> {
  const batch = query['batch'] ?? '';
  const shown = { title: `Batch ${batch}`, section: 'visits' } as const;
  const { value, problem } = await answerOf('visits', visits.get('dead-letter', { batch }));
  if (problem) return { ...shown, body: notice(problem), problem };
  const { at: iso, kind, datasource, reason, rows } = value;
  const form = (isAnyway: boolean) =>
    actionForm(
      {
        action: '/visits/replay',
        fields: { batch, ...(isAnyway && { anyway: 'yes' }) },
        label: isAnyway ? 'Send again, though it doubles them' : 'Send again',
        verb: verbOf(`replay --batch ${batch}${isAnyway ? ' --anyway' : ''}`),
        isGrave: isAnyway,
      },
      frame,
    );
  const body = html`${card(
    'What became of it',
    html`${facts([
      ['Given up', when(iso, frame.zone)],
      ['Kind', badge(kind, kind === 'refused' ? 'bad' : 'warn')],
      ['Reason', reason],
      ['Went to', datasource ?? 'page hits'],
      ['Hits', rows.length],
    ])}${form(kind !== 'refused')}`,
  )}
${card('What is in it', html`<details><summary>The first ${counted(Math.min(ROWS_SHOWN, rows.length))} hits</summary><pre tabindex="0">${rows.slice(0, ROWS_SHOWN).map((row) => html`${JSON.stringify(row)}\n`)}</pre></details>`)}`;
  return { ...shown, body };
}
