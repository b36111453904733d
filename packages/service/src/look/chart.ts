import { type Html, html } from './html.ts';
import { counted, table } from './table.ts';
import { when } from './time.ts';

/** A value, or null where nobody knows it. */
export type Value = number | null;

const SPARK = { width: 120, height: 28 };
const LINE = { width: 720, height: 160 };

/** A course in the size of a word, told in words to those who do not see it. */
export function sparkline(values: readonly Value[], label: string): Html {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return html`<span class="spark none">–</span>`;
  const last = known.at(-1) ?? 0;
  const said = `${label}: between ${rounded(Math.min(...known))} and ${rounded(Math.max(...known))}, now ${rounded(last)}`;
  return html`<svg class="spark" viewBox="0 0 ${SPARK.width} ${SPARK.height}" role="img" aria-label="${said}" preserveAspectRatio="none"><path d="${pathOf(values, SPARK, 'line')}"/></svg>`;
}

/** What a chart shows. */
export interface Chart {
  caption: string;
  /** In the order of time. */
  points: readonly { at: string; value: Value }[];
  /** Behind each number, such as `USD`. */
  unit?: string;
  zone: string;
}

/** A line that holds each value until the next, with its numbers as a list that can be opened. */
export function stepLine({ caption, points, unit = '', zone }: Chart): Html {
  const values = points.map(({ value }) => value);
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return html`<p class="none">${caption}: nothing is known yet.</p>`;
  const shown = (value: number) => [rounded(value), unit].filter(Boolean).join(' ');
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const said = `${caption}: between ${shown(Math.min(...known))} and ${shown(Math.max(...known))}`;
  return html`<figure><figcaption>${caption}</figcaption>
<svg class="chart" viewBox="0 0 ${LINE.width} ${LINE.height}" role="img" aria-label="${said}" preserveAspectRatio="none"><path d="${pathOf(values, LINE, 'step')}"/></svg>
<p class="scale"><span>${when(points[0]?.at, zone)}</span><span>${shown(low)} to ${shown(high)}</span><span>${when(points.at(-1)?.at, zone)}</span></p>
<details><summary>The numbers</summary>${table({
    caption,
    columns: ['when', unit || 'value'],
    rows: points.map(({ at, value }) => [when(at, zone), value === null ? '–' : rounded(value)]),
    none: '',
  })}</details></figure>`;
}

/** Moves and lines of SVG; where a value is missing the line is broken. 0 is always in the picture. */
function pathOf(
  values: readonly Value[],
  { width, height }: { width: number; height: number },
  kind: 'line' | 'step',
): string {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const x = (index: number) => ((index / Math.max(1, values.length - 1)) * width).toFixed(1);
  // A pixel is left at each edge, so that the line is not cut in half there.
  const y = (value: number) =>
    (height - 1 - ((value - low) / (high - low || 1)) * (height - 2)).toFixed(1);
  return values
    .map((value, index) => {
      if (value === null) return '';
      if ((values[index - 1] ?? null) === null) return `M${x(index)} ${y(value)}h.1`;
      return kind === 'step' ? `H${x(index)}V${y(value)}` : `L${x(index)} ${y(value)}`;
    })
    .join('');
}

/** No more digits than tell something. */
function rounded(value: number): string {
  return counted(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
