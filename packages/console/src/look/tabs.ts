import { type Html, html } from '@prosora/service/look';
import { at } from './address.ts';

/** The pages of a section, the present one marked: a name and a path beneath the console each. */
export function tabs(
  label: string,
  pages: readonly (readonly [name: string, path: string])[],
  current: string,
): Html {
  return html`<nav class="tabs" aria-label="${label}"><ul>${pages.map(([name, path]) => {
    const here = path === current ? html` aria-current="page"` : '';
    return html`<li><a href="${at(path)}"${here}>${name}</a></li>`;
  })}</ul></nav>`;
}
