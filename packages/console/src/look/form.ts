import { type Html, html } from '@prosora/service/look';
import { BASE } from './address.ts';
import type { Frame } from './page.ts';

/** A button that changes something. */
export interface ActionForm {
  /** What it is posted to, beneath the console: `/mail/pause`. */
  action: string;
  /** What goes with it; several values of one name as a list. */
  fields?: Record<string, string | readonly string[]>;
  /** On the button: `Pause`. */
  label: string;
  /** The command that does the same, which is shown beside it. Left out where the page says it once for many. */
  verb?: string;
  /** Whether it cannot be taken back. */
  isGrave?: boolean;
}

/** One thing to fill in. */
export interface Field {
  name: string;
  label: string;
  value?: string | undefined;
  /** What there is to choose from, without the choice of any. */
  options?: readonly string[];
  /** (Default: `text`) */
  type?: 'text' | 'datetime-local' | 'email' | 'number';
  isRequired?: boolean;
}

/** The button with its fields, and the command that does the same. */
export function actionForm(form: ActionForm, { token }: Pick<Frame, 'token'>): Html {
  const { action, fields = {}, label, verb, isGrave = false } = form;
  return html`<form class="action" method="post" action="${BASE + action}">
<input type="hidden" name="token" value="${token}">${hidden(fields)}
<button${isGrave ? html` class="grave"` : ''}>${label}</button>
${verb === undefined ? '' : html`<span class="verb">or <code>${verb}</code></span>`}</form>`;
}

/** Fields that narrow a list down; they stand in its address, so nothing personal may. `fixed` ones are not shown. */
export function filterForm(
  path: string,
  fields: readonly Field[],
  fixed: Record<string, string> = {},
): Html {
  return html`<form class="filter" method="get" action="${BASE + path}" role="search" aria-label="Filter">
${hidden(fixed)}${fields.map(fieldOf)}<button>Filter</button></form>`;
}

/** A question that names a reader: posted, so that no address keeps it, and answered with a page at once. */
export function searchForm(
  { action, label, fields }: { action: string; label: string; fields: readonly Field[] },
  { token }: Pick<Frame, 'token'>,
): Html {
  return html`<form class="filter" method="post" action="${BASE + action}" role="search" aria-label="${label}">
<input type="hidden" name="token" value="${token}">
${fields.map(fieldOf)}<button>${label}</button></form>`;
}

/** Fields that nobody sees. */
export function hidden(fields: Record<string, string | readonly string[]>): Html[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one) => html`<input type="hidden" name="${name}" value="${one}">`),
  );
}

function fieldOf({ name, label, value = '', options, type = 'text', isRequired }: Field): Html {
  const required = isRequired ? html` required` : '';
  if (options === undefined) {
    return html`<label>${label}<input type="${type}" name="${name}" value="${value}"${required}></label>`;
  }
  // A value that is none of them stays chosen, so that the page shows what the service refuses.
  const known = value === '' || options.includes(value) ? options : [...options, value];
  const any = isRequired ? '' : html`<option value="">any</option>`;
  return html`<label>${label}<select name="${name}">${any}${known.map(
    (option) => html`<option${option === value ? html` selected` : ''}>${option}</option>`,
  )}</select></label>`;
}
