import { expect, test } from 'vitest';
import { table } from '../../src/look/table.ts';

test('a list has a caption, its numbers at the right and a way to its next page', () => {
  const list = { caption: 'Mails', columns: ['Who', 'How many'], none: 'None.' };
  const text = table({ ...list, rows: [['<a>', 1_234]], next: '/x?after=1' }).text;
  expect(text).toContain('<caption>Mails</caption>');
  expect(text).toContain('<td>&#60;a&#62;</td><td class="number">1,234</td>');
  expect(text).toContain('href="/x?after=1" rel="next"');
  expect(table({ ...list, rows: [] }).text).toBe('<p class="none">None.</p>');
});
