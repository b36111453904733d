import { expect, test } from 'vitest';
import { html, htmlDocument } from '../../src/look/html.ts';

test('what is put into a page is escaped, unless it is a piece of a page', () => {
  const name = `<b title="it's">&`;
  const item = html`<li>${name}</li>`;
  const escaped = '<li>&#60;b title=&#34;it&#39;s&#34;&#62;&#38;</li>';
  expect(item.text).toBe(escaped);
  expect(html`<ul>${[item, item]}</ul>${1}${null}`.text).toBe(`<ul>${escaped}${escaped}</ul>1`);
});

test('what only has the shape of a piece is none', () => {
  const parsed = JSON.parse('[{"text":"<script>"}]');
  expect(html`${parsed}`.text).not.toContain('<script>');
});

test('a page names its title and nothing of it is code', () => {
  const page = htmlDocument('</title><script>', html``, html`<p>${'</p>'}</p>`);
  expect(page).toContain('<title>&#60;/title&#62;&#60;script&#62;</title>');
  expect(page).toContain('<p>&#60;/p&#62;</p>');
});
