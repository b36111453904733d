import { html } from '@prosora/service/look';
import { expect, test } from 'vitest';
import { at } from '../../src/look/address.ts';
import { actionForm, filterForm, searchForm } from '../../src/look/form.ts';
import { LIVE } from '../../src/look/live.ts';
import { page } from '../../src/look/page.ts';
import { quoted } from '../../src/look/quoted.ts';

const FRAME = {
  user: { name: '<b>Olive</b>', role: 'Owner' },
  token: 'the-token',
  zone: 'UTC',
  sections: ['overview', 'mail'],
  path: '/mail?state=dead&after=1',
} as const;

test('an address leaves out what is not asked for', () => {
  expect(at('/mail')).toBe('/ghost/prosora/mail');
  expect(at('/mail', { state: 'dead', after: null, since: '', until: undefined })).toBe(
    '/ghost/prosora/mail?state=dead',
  );
});

test('a page escapes what is put in, marks its section and asks for itself while it is live', () => {
  const view = { title: 'A & B', section: 'mail', body: html`<p>x</p>`, isLive: true } as const;
  const text = page(view, { ...FRAME, flash: { tone: 'bad', text: '<i>' } });
  expect(text).toContain('<title>A &#38; B · Prosora</title>');
  expect(text).toContain('&#60;b&#62;Olive');
  expect(text).toContain('href="/ghost/prosora/mail" aria-current="page"');
  expect(text).toContain('role="status">&#60;i&#62;');
  expect(text).toContain('data-live="/ghost/prosora/live?page=%2Fmail%3Fstate%3Ddead%26after%3D1"');
  expect(page({ ...view, isLive: false }, FRAME)).not.toContain('<script');
});

test('a page has no style and no script of its own, which its policy would not let run', () => {
  const view = { title: 'A', section: 'mail', body: html``, isLive: true } as const;
  expect(page(view, FRAME)).not.toMatch(/<style|style=|<script>|\son\w+=/);
});

test('the script stays small', () => {
  expect(LIVE.length).toBeLessThan(2_048);
});

test('a form that acts carries its token, its fields and the command that does the same', () => {
  const form = { action: '/mail/pause', label: 'Pause', verb: 'prosora-mail pause 1' };
  const { text } = actionForm({ ...form, fields: { id: ['1', '2'], why: 'x' } }, FRAME);
  expect(text).toContain('method="post" action="/ghost/prosora/mail/pause"');
  expect(text).toContain('name="token" value="the-token"');
  expect(text).toContain('name="id" value="1"><input type="hidden" name="id" value="2"');
  expect(text).toContain('<code>prosora-mail pause 1</code>');
});

test('a filter stands in the address and a search for a reader does not', () => {
  const fields = [{ name: 'state', label: 'State', value: 'dead', options: ['dead', 'done'] }];
  expect(filterForm('/mail', fields).text).toContain('method="get"');
  expect(filterForm('/mail', fields).text).toContain('<option selected>dead</option>');
  const search = searchForm({ action: '/mail/reader', label: 'Find', fields }, FRAME).text;
  expect(search).toContain('method="post"');
  expect(search).toContain('name="token"');
});

test('a filter that the service refuses stays chosen', () => {
  const fields = [{ name: 'state', label: 'State', value: 'odd', options: ['dead'] }];
  expect(filterForm('/mail', fields).text).toContain('<option selected>odd</option>');
});

test('a choice of which there has to be one offers no other', () => {
  const field = { name: 'lane', label: 'Kind', options: ['single'] };
  expect(filterForm('/mail', [field]).text).toContain('>any<');
  expect(filterForm('/mail', [{ ...field, isRequired: true }]).text).not.toContain('>any<');
});

test('a word of a line to copy is nothing but a word to a shell', () => {
  expect(quoted('dead,held')).toBe('dead,held');
  expect(quoted('a; rm')).toBe("'a; rm'");
  expect(quoted("it's $(x)")).toBe("'it'\\''s $(x)'");
});
