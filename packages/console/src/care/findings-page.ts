import type { Finding } from '@prosora/service';
import { badge, card, type Html, html, inWords, type Tone, table } from '@prosora/service/look';
import type { Shown } from '../guard/section.ts';
import { searchForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import type { Ops } from './ops.ts';

const TONES: Record<Finding['status'], Tone> = { fail: 'bad', warn: 'warn', ok: 'good' };
const WORDS = { fail: 'wrong', warn: 'look', ok: 'well' } as const;
const ORDER = ['fail', 'warn', 'ok'] as const;

/** It walks through the whole stack and asks every vendor. */
const EXAMINING = { timeoutMs: 180_000 };

/** What `ops` finds at once, and what `doctor` finds where somebody asks for it. */
export async function findingsPage(
  ops: Ops,
  { isWhole }: { isWhole: boolean },
  frame: Frame,
): Promise<Shown> {
  const [own, all] = await Promise.all([
    answerOf('ops', ops.get('doctor')),
    isWhole ? answerOf('ops', ops.get('examine', {}, EXAMINING)) : undefined,
  ]);
  const found = orNotice(own, ({ findings }) => findingsTable('Findings of ops', findings));
  const examine = { action: '/care/findings', label: 'Examine the whole stack', fields: [] };
  const whole = all
    ? orNotice(all, ({ findings }) => findingsTable('Findings of doctor', findings))
    : html`${searchForm(examine, frame)}
<p class="verb">or <code>./prosora doctor</code>; it takes a minute, and asks every vendor.</p>`;
  const cards = [card('What the service `ops` finds', found), card('The whole stack', whole)];
  return { title: 'Findings', body: html`${cards}` };
}

/** What a doctor or a drill found, the worst first, each with what to do about it. */
export function findingsTable(caption: string, findings: readonly Finding[]): Html {
  const sorted = ORDER.flatMap((wanted) => findings.filter(({ status }) => status === wanted));
  return table({
    caption,
    columns: ['How', 'What', 'What is so', 'What to do'],
    rows: sorted.map(({ name, status, sentence, remedy }) => [
      badge(WORDS[status], TONES[status]),
      name,
      inWords(sentence),
      remedy === undefined ? html`<span class="dim">–</span>` : inWords(remedy),
    ]),
    none: 'Nothing was found.',
  });
}
