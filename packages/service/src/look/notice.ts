import { type Html, html } from './html.ts';
import { inWords } from './in-words.ts';

/** What keeps a part of a page from being shown. */
export interface Problem {
  /** As errors of the operator APIs have it. */
  code: string;
  /** A sentence. */
  message: string;
  /** What to do about it. */
  help?: string | undefined;
}

/** Sentences that want a look, each for itself. */
export function notices(messages: readonly string[]): Html {
  return html`${messages.map((message) => notice({ code: 'ALARM', message }))}`;
}

/** In place of what cannot be shown: one sentence and its remedy. */
export function notice({ message, help }: Problem): Html {
  return html`<p class="notice" role="note">${inWords(message)}${help === undefined ? '' : html` ${inWords(help)}`}</p>`;
}
