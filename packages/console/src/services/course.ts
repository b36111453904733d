import { card, type Html, html, notice, stepLine } from '@prosora/service/look';
import { answerOf } from './answer.ts';
import { type Metrics, NOT_KEPT, type Range, type Series } from './metrics.ts';

/** What became of a number. */
export interface Course {
  /** Of its part of the page. */
  title: string;
  caption: string;
  query: string;
  range: Range;
  /** What a course is in and divided by; by its labels. (Default: neither) */
  scaleOf?: (labels: Series['labels']) => { unit: string; by: number };
}

/** Draws what became of a number, where the site keeps metrics. */
export async function courseCard(
  metrics: Metrics | undefined,
  { title, caption, query, range, scaleOf = () => ({ unit: '', by: 1 }) }: Course,
  zone: string,
): Promise<Html> {
  if (metrics === undefined) return html``;
  const { value, problem } = await answerOf('metrics', metrics.range(query, range));
  if (problem?.code === NOT_KEPT) return html``;
  if (problem) return card(title, notice(problem));
  const lines = value.map(({ labels, points: counted }) => {
    const { unit, by } = scaleOf(labels);
    const points = counted.map(({ at, value }) => ({
      at,
      value: value === null ? null : value / by,
    }));
    const said = unit === '' ? caption : `${caption}, in ${unit}`;
    return stepLine({ caption: said, points, unit, zone });
  });
  return card(
    title,
    html`${lines.length > 0 ? lines : html`<p class="none">Nothing is known yet.</p>`}`,
  );
}
