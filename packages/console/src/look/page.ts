import { type Html, html, STYLE_VERSION } from '@prosora/service/look';
import { at } from './address.ts';
import { LIVE_VERSION } from './live.ts';

/** The sections in the order in which they are shown, with their names for people. */
const SECTIONS = {
  overview: 'Overview',
  mail: 'Mail',
  payments: 'Payments',
  visits: 'Visits',
  media: 'Media and jobs',
  care: 'Care',
} as const;

/** A section of the console. */
export type Section = keyof typeof SECTIONS;

/** What is said once above a page, of what was just done. */
export interface Flash {
  tone: 'good' | 'bad';
  text: string;
}

/** What is around every page for one request. */
export interface Frame {
  user: { name: string; role: string };
  /** Goes into every form that is posted. */
  token: string;
  /** The site's time zone, as IANA names it. */
  zone: string;
  /** Those that the site has. */
  sections: readonly Section[];
  /** Of this page beneath the console, with its query: `/mail?state=dead`. */
  path: string;
  flash?: Flash | undefined;
}

/** What differs between pages. */
export interface View {
  title: string;
  section: Section;
  body: Html;
  /** Whether what is shown changes by itself while somebody looks; only for what a GET shows. */
  isLive?: boolean;
}

/** A whole page. */
export function page({ title, section, body, isLive = false }: View, frame: Frame): string {
  const { user, sections, path, flash } = frame;
  const tabs = sections.map((name) => {
    const current = name === section ? html` aria-current="page"` : '';
    return html`<li><a href="${pathOf(name)}"${current}>${SECTIONS[name]}</a></li>`;
  });
  const live = isLive
    ? html`<script src="${at('/live.js', { v: LIVE_VERSION })}" data-live="${at('/live', { page: path })}" data-token="${frame.token}" defer></script>`
    : '';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Prosora</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${at('/look.css', { v: STYLE_VERSION })}">
${live}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><a class="home" href="/ghost/">← Ghost Admin</a>
<nav aria-label="Sections"><ul>${tabs}</ul></nav>
<p class="who">${user.name}, ${user.role}</p></header>
${flash ? html`<p class="flash ${flash.tone}" role="status">${flash.text}</p>` : ''}
<main id="main">
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;
}

/** The address of a section's first page. */
function pathOf(section: Section): string {
  return at(section === 'overview' ? '/' : `/${section}`);
}
