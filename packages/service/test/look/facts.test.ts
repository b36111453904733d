import { expect, test } from 'vitest';
import { badge, card, facts } from '../../src/look/facts.ts';
import { html } from '../../src/look/html.ts';

test('facts are escaped, and their numbers are as people read them', () => {
  const { text } = facts([
    ['<b>', '<i>'],
    ['Events', 1_234],
  ]);
  expect(text).toContain('<dt>&#60;b&#62;</dt><dd>&#60;i&#62;</dd>');
  expect(text).toContain('<dd>1,234</dd>');
});

test('a state has the colour of what it means, and none where it means nothing', () => {
  expect(badge('dead', 'bad').text).toBe('<span class="badge bad">dead</span>');
  expect(badge('<x>').text).toBe('<span class="badge quiet">&#60;x&#62;</span>');
});

test('a link leads to a card by its id', () => {
  expect(card('Stripe', html``, 'stripe').text).toContain('<section class="card" id="stripe">');
  expect(card('Now', html``).text).toContain('<section class="card"><h2>Now</h2>');
});
