import { type Html, html, stepLine } from '@prosora/service/look';
import { answerCard, answerOf } from './answer.ts';
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
  const answer = await answerOf('metrics', metrics.range(query, range));
  if (answer.problem?.code === NOT_KEPT) return html``;
  const lineOf = ({ labels, points: counted }: Series) => {
    const { unit, by } = scaleOf(labels);
    const points = counted.map(({ at, value }) => ({
      at,
      value: value === null ? null : value / by,
    }));
    const said = unit === '' ? caption : `${caption}, in ${unit}`;
    return stepLine({ caption: said, points, unit, zone });
  };
  const none = html`<p class="none">Nothing is known yet.</p>`;
  return answerCard(title, answer, (all) => (all.length > 0 ? html`${all.map(lineOf)}` : none));
}
