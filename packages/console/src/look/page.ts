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
export type SectionName = keyof typeof SECTIONS;

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
  sections: readonly SectionName[];
  /** Of this page beneath the console, with its query: `/mail?state=dead`. */
  path: string;
  flash?: Flash | undefined;
}

/** What differs between pages. */
export interface View {
  title: string;
  section: SectionName;
  body: Html;
  /** Whether what is shown changes by itself while somebody looks; only for what a GET shows. */
  isLive?: boolean;
  /** The pages of the section that have a name: it, and a path beneath the console. */
  tabs?: readonly Link[];
  /** The path of the one that is shown. */
  tab?: string;
}

type Link = readonly [name: string, path: string];

/** A whole page. */
export function page(view: View, frame: Frame): string {
  const { title, section, body, isLive = false, tabs = [], tab } = view;
  const { user, sections, path, flash } = frame;
  const places = sections.map((name) => [SECTIONS[name], pathOf(name)] as const);
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
<nav aria-label="Sections">${linksOf(places, pathOf(section))}</nav>
<p class="who">${user.name}, ${user.role}</p></header>
${flash ? html`<p class="flash ${flash.tone}" role="status">${flash.text}</p>` : ''}
<main id="main">
<h1>${title}</h1>
${tabs.length === 0 ? '' : html`<nav class="tabs" aria-label="${SECTIONS[section]}">${linksOf(tabs, tab)}</nav>`}
${body}
</main>
</body>
</html>
`.text;
}

/** A section's first page, beneath the console. */
export function pathOf(section: SectionName): string {
  return section === 'overview' ? '/' : `/${section}`;
}

/** Links to pages, the present one marked. */
function linksOf(links: readonly Link[], current: string | undefined): Html {
  return html`<ul>${links.map(([name, path]) => {
    const here = path === current ? html` aria-current="page"` : '';
    return html`<li><a href="${at(path)}"${here}>${name}</a></li>`;
  })}</ul>`;
}
