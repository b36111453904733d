import { type Html, html } from './html.ts';

/** A sentence in which what is to be typed stands in backquotes, as errors and findings have it. */
export function inWords(sentence: string): Html {
  const parts = sentence.split('`');
  // A quote that is never closed is one of the sentence's own.
  if (parts.length % 2 === 0) return html`${sentence}`;
  return html`${parts.map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;
}
