import type { Finding } from '@prosora/service';
import { badge, type Html, html, inWords, type Tone, table } from '@prosora/service/look';

const TONES = { fail: 'bad', warn: 'warn', ok: 'good' } as const satisfies Record<
  Finding['status'],
  Tone
>;
const WORDS = { fail: 'wrong', warn: 'look', ok: 'well' } as const;
const ORDER = ['fail', 'warn', 'ok'] as const;

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
