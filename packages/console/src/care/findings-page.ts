import { card, html } from '@prosora/service/look';
import { searchForm } from '../look/form.ts';
import type { Frame, View } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { findingsTable } from './findings.ts';
import type { Ops } from './ops.ts';
import { careTabs } from './tabs.ts';

/** It walks through the whole stack and asks every vendor. */
const EXAMINING = { timeoutMs: 180_000 };

/** What `ops` finds at once, and what `doctor` finds where somebody asks for it. */
export async function findingsPage(
  ops: Ops,
  { isWhole }: { isWhole: boolean },
  frame: Frame,
): Promise<View> {
  const [own, all] = await Promise.all([
    answerOf('ops', ops.get('doctor')),
    isWhole ? answerOf('ops', ops.get('examine', {}, EXAMINING)) : undefined,
  ]);
  const examine = { action: '/care/findings', label: 'Examine the whole stack', fields: [] };
  const offer = html`${searchForm(examine, frame)}
<p class="verb">or <code>./prosora doctor</code>; it takes a minute, and asks every vendor.</p>`;
  return {
    title: 'Findings',
    section: 'care',
    body: html`${careTabs('/care/findings')}
${card(
  'What the service `ops` finds',
  orNotice(own, ({ findings }) => findingsTable('Findings of ops', findings)),
)}
${card(
  'The whole stack',
  all ? orNotice(all, ({ findings }) => findingsTable('Findings of doctor', findings)) : offer,
)}`,
  };
}
