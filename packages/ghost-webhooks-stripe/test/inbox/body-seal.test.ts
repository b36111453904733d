import { expect, test } from 'vitest';
import { createBodySeal } from '../../src/inbox/body-seal.ts';
import { bytesOf, eventLike } from '../fixtures/events.ts';

const body = bytesOf(eventLike(4));
const seal = createBodySeal('a key of sixteen signs');

test('what was sealed shows nothing and opens to the same bytes', () => {
  const stored = Buffer.from(seal.seal(body));
  expect(stored.includes('ada@example.com')).toBe(false);
  expect(Buffer.from(seal.open(stored))).toEqual(body);
});

test('events from before there was a key are read as they are', () => {
  expect(seal.open(body)).toEqual(body);
});

test('without the key, with another, or changed on disk it does not open', () => {
  const stored = Uint8Array.from(seal.seal(body));
  const error = expect.objectContaining({ code: 'SEAL_KEY' });
  expect(() => createBodySeal(undefined).open(stored)).toThrow(error);
  expect(() => createBodySeal('another key of sixteen').open(stored)).toThrow(error);
  stored[40] = (stored[40] ?? 0) ^ 1;
  expect(() => seal.open(stored)).toThrow(error);
});
