import { expect, test } from 'vitest';
import { readChoices } from '../src/choices.ts';

const read = (env: Record<string, string>, isPublic = true, domain = 'example.com') =>
  readChoices(env, { domain }, { isPublic });

test('a public site keeps its followers at ghost.org, and one that no server reaches asks for none', () => {
  expect(read({}).choices.social).toBe('https://ap.ghost.org');
  expect(read({}, false).choices.social).toBe('');
  expect(read({ SOCIAL: 'off' }).choices.social).toBe('');
  expect(read({ SOCIAL: 'http://activitypub:8080' }, false).choices.social).toBe(
    'http://activitypub:8080',
  );
});

test('the other name is the one with www, or without', () => {
  expect(read({}).choices.otherName).toBe('');
  expect(read({ WWW: 'on' }).choices.otherName).toBe('www.example.com');
  expect(read({ WWW: 'on' }, true, 'www.example.com').choices.otherName).toBe('example.com');
});

test.each([
  [{ SOCIAL: 'mastodon' }, 'SOCIAL is "mastodon": use ghost.org, off'],
  [{ SOCIAL: 'https://ap.example.com/path' }, 'SOCIAL is '],
  [{ WWW: 'yes' }, 'WWW is "yes": use on or off.'],
])('%o is refused with its remedy', (env, problem) => {
  expect(read(env).problems).toEqual([expect.stringContaining(problem)]);
});
