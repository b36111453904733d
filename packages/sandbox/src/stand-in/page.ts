import { type Html, html, htmlDocument } from '@prosora/service/look';

/** A page of the sandbox for people. */
export interface SandboxPage {
  title: string;
  body: Html;
  /** The way to other pages. (Default: none) */
  way?: Html | undefined;
  /** What stands at the other end of the header: a sentence or a button. */
  aside: Html;
  /** CSS of its own. */
  style?: Html | undefined;
}

/** The page as text. Browsers do not ask for an icon, which faults and the log of requests would count. */
export function sandboxPage({ title, body, way, aside, style }: SandboxPage): string {
  const header = html`${way ?? html`<span class="home">Prosora sandbox</span>`}
<div class="who">${aside}</div>`;
  return htmlDocument({ title, header, body, style, isWithoutIcon: true });
}
