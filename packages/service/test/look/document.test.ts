import { expect, test } from 'vitest';
import { htmlDocument } from '../../src/look/document.ts';
import { html } from '../../src/look/html.ts';
import { STYLE } from '../../src/look/style.ts';

test('a page names its title and nothing of it is code', () => {
  const title = '</title><script>';
  const page = htmlDocument({
    title,
    header: html`<b>${'</b>'}</b>`,
    body: html`<p>${'</p>'}</p>`,
  });
  expect(page).toContain('<title>&#60;/title&#62;&#60;script&#62;</title>');
  expect(page).toContain('<h1>&#60;/title&#62;&#60;script&#62;</h1>');
  expect(page).toContain('<header><b>&#60;/b&#62;</b></header>');
  expect(page).toContain('<p>&#60;/p&#62;</p>');
});

test('a page has the style of all pages in it, and what it adds behind that', () => {
  const style = html`.thumbs { gap: 1rem; }`;
  const page = htmlDocument({ title: '', header: html``, body: html``, style });
  expect(page).toContain(`<style>${STYLE}.thumbs { gap: 1rem; }</style>`);
  expect(page).not.toMatch(/<link|src=/);
});

test('a browser is kept from asking for an icon where that is wanted', () => {
  const page = { title: '', header: html``, body: html`` };
  expect(htmlDocument({ ...page, isWithoutIcon: true })).toContain(
    '<link rel="icon" href="data:,">',
  );
});
