import { expect, test } from 'vitest';
import { html } from '../../src/look/html.ts';

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
