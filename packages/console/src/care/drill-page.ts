import { badge, card, facts, html, lasted, when } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import type { Frame } from '../look/page.ts';
import { answerOf } from '../services/answer.ts';
import { findingsTable } from './findings.ts';
import { nothingOf } from './nothing-of.ts';
import { type Ops, PATIENT } from './ops.ts';
import { careTabs } from './tabs.ts';

/** The report of one drill, which the time names at which it began. */
export async function drillPage(ops: Ops, began: string, { zone }: Frame): Promise<Shown> {
  const answer = await answerOf('ops', ops.get('drills', {}, PATIENT));
  const drill = answer.value?.items.find(({ beganAt }) => beganAt === began);
  const title = 'Report of a drill';
  if (drill === undefined) return nothingOf({ title, tab: '/care', answer, what: 'drill' });
  const took = lasted(Date.parse(drill.endedAt) - Date.parse(drill.beganAt));
  return {
    title,
    section: 'care',
    body: html`${careTabs('/care')}
${card(
  'What was tried',
  facts([
    ['Backup', html`<code>${drill.run}</code>`],
    ['Result', drill.isProven ? badge('proven', 'good') : badge('not proven', 'bad')],
    ['Began', when(drill.beganAt, zone)],
    ['Took', took],
  ]),
)}
${card('What was found', findingsTable('What the drill found', drill.findings))}
<p class="verb">The same: <code>./prosora drill list</code></p>`,
  };
}
