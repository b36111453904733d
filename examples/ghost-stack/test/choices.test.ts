import { expect, test } from 'vitest';
import { readChoices } from '../src/choices.ts';

const read = (env: Record<string, string>, isPublic = true, domain = 'example.com') =>
  readChoices(env, { domain }, { isPublic });

test('a public site keeps its followers at ghost.org, and one that no server reaches asks for none', () => {
  expect(read({}).social).toBe('https://ap.ghost.org');
  expect(read({}, false).social).toBe('');
  expect(read({ SOCIAL: 'off' }).social).toBe('');
  expect(read({ SOCIAL: 'http://activitypub:8080' }, false).social).toBe('http://activitypub:8080');
});

test('the other name is the one with www, or without', () => {
  expect(read({}).otherName).toBe('');
  expect(read({ WWW: 'on' }).otherName).toBe('www.example.com');
  expect(read({ WWW: 'on' }, true, 'www.example.com').otherName).toBe('example.com');
});
