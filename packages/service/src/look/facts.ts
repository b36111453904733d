import { type Html, html } from './html.ts';
import { type Cell, counted } from './table.ts';

/** What is known of one thing: a name and what is so, line by line. */
export function facts(known: readonly (readonly [string, Cell])[]): Html {
  return html`<dl class="facts">${known.map(
    ([name, value]) =>
      html`<div><dt>${name}</dt><dd>${typeof value === 'number' ? counted(value) : value}</dd></div>`,
  )}</dl>`;
}

/** How a state is meant: well, gone wrong, wanting a look, or neither. */
export type Tone = 'good' | 'bad' | 'warn' | 'quiet';

/** A state in a word, with the colour of what it means. */
export function badge(text: string, tone: Tone = 'quiet'): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}

/** A part of a page with a heading of its own: a white card. A link leads to it by its `id`. */
export function card(heading: string, body: Html, id?: string): Html {
  const name = id === undefined ? '' : html` id="${id}"`;
  return html`<section class="card"${name}><h2>${heading}</h2>
${body}</section>`;
}
