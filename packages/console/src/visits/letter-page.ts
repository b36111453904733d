import { badge, card, counted, facts, html, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { actionForm } from '../look/form.ts';
import { answerOf, onlyOf } from '../services/answer.ts';
import { verbOf } from '../services/parts.ts';
import type { Visits } from './visits-page.ts';

/** Of a batch no more rows are shown: a page stays a page. */
const ROWS_SHOWN = 10;

/** A batch of hits that nobody takes: why, and what is in it. */
export const letterPage: Page<Visits> = async (visits, { batch = '' }, frame) => {
  const answer = await answerOf('visits', visits.get('dead-letter', { batch }));
  const form = (isAnyway: boolean) =>
    actionForm(
      {
        action: '/visits/replay',
        fields: { batch, ...(isAnyway && { anyway: 'yes' }) },
        label: isAnyway ? 'Send again, though it doubles them' : 'Send again',
        verb: verbOf('visits', `replay --batch ${batch}${isAnyway ? ' --anyway' : ''}`),
        isGrave: isAnyway,
      },
      frame,
    );
  const shown = onlyOf(answer, ({ at: iso, kind, datasource, reason, rows }) => {
    const known = facts([
      ['Given up', when(iso, frame.zone)],
      ['Kind', badge(kind, kind === 'refused' ? 'bad' : 'warn')],
      ['Reason', reason],
      ['Went to', datasource ?? 'page hits'],
      ['Hits', rows.length],
    ]);
    const first = rows.slice(0, ROWS_SHOWN);
    const hits = html`<details><summary>The first ${counted(first.length)} hits</summary><pre tabindex="0">${first.map((row) => html`${JSON.stringify(row)}\n`)}</pre></details>`;
    return html`${card('What became of it', html`${known}${form(kind !== 'refused')}`)}
${card('What is in it', hits)}`;
  });
  return { title: `Batch ${batch}`, ...shown };
};
