import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** A page that stands alone: no other file belongs to it. */
export interface StandalonePage {
  title: string;
  /** What stands above it: where it belongs, and the way to other pages. */
  header: Html;
  /** All that is shown below the title. */
  body: Html;
  /** CSS of its own, for what no other page has. */
  style?: Html | undefined;
  /** Whether browsers are told that it has no icon; else they ask its origin for one. (Default: no) */
  isWithoutIcon?: boolean;
}

/** The page as text, in the look that all our pages share. */
export function htmlDocument(page: StandalonePage): string {
  const { title, header, body, style = html``, isWithoutIcon = false } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${isWithoutIcon ? html`<link rel="icon" href="data:,">` : ''}
<style>${new Html(STYLE)}${style}</style>
</head>
<body>
<header>${header}</header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;
}
