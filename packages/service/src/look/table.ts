import { type Html, html } from './html.ts';

/** A list of things, a row each. */
export interface Table {
  /** What is listed, for those who do not see the page; also said where there is no heading. */
  caption: string;
  columns: readonly string[];
  /** A cell a column. */
  rows: readonly (readonly Cell[])[];
  /** The sentence in place of a list without a row. */
  none: string;
  /** The address of the page that follows; null after the last. */
  next?: string | null | undefined;
}

/** What stands in a cell; a number stands at the right. */
export type Cell = Html | string | number | null;

/** The list, and the way to its next page. */
export function table({ caption, columns, rows, none, next }: Table): Html {
  const more = next ? html`<p class="more"><a href="${next}" rel="next">Next page</a></p>` : '';
  if (rows.length === 0) return html`<p class="none">${none}</p>${more}`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cellOf)}</tr>`)}</tbody>
</table></div>${more}`;
}

function cellOf(cell: Cell): Html {
  return typeof cell === 'number'
    ? html`<td class="number">${counted(cell)}</td>`
    : html`<td>${cell}</td>`;
}

/** A number as people read it: `1,234`. */
export function counted(number: number): string {
  return number.toLocaleString('en');
}
