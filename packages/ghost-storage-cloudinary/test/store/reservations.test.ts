import { expect, test } from 'vitest';
import { Reservations } from '../../src/store/reservations.ts';

test('a path is claimed by one upload at a time', () => {
  const reservations = new Reservations();
  expect(reservations.claim('a.png', 'md5-a')).toBe(true);
  expect(reservations.claim('a.png', 'md5-a')).toBe(false);
  reservations.release('a.png');
  expect(reservations.claim('a.png', 'md5-b')).toBe(true);
});

test('a path is held while it is replaced, whatever was there', () => {
  const reservations = new Reservations();
  reservations.settle('a.png', 'md5-a');
  expect(reservations.isStored('a.png', 'md5-a')).toBe(true);
  expect(reservations.isStored('a.png', 'md5-b')).toBe(false);
  reservations.hold('a.png');
  expect(reservations.isStored('a.png', 'md5-a')).toBe(false);
  expect(reservations.claim('a.png', 'md5-a')).toBe(false);
});

test('a stored path is claimed again only for the same bytes', () => {
  const reservations = new Reservations();
  reservations.claim('a.png', 'md5-a');
  reservations.settle('a.png', 'md5-a');
  expect(reservations.claim('a.png', 'md5-b')).toBe(false);
  expect(reservations.claim('a.png')).toBe(false);
  expect(reservations.claim('a.png', 'md5-a')).toBe(true);
});

test('what is stored is known until it is released', () => {
  const reservations = new Reservations();
  reservations.claim('a.png', 'md5-a');
  expect(reservations.isStored('a.png')).toBe(false);
  reservations.settle('a.png', 'md5-a');
  expect(reservations.isStored('a.png')).toBe(true);
  reservations.release('a.png');
  expect(reservations.isStored('a.png')).toBe(false);
});

test('the oldest stored paths are forgotten, held ones never', () => {
  const reservations = new Reservations();
  reservations.claim('held.png', 'md5');
  for (let number = 0; number < 10_001; number += 1) reservations.settle(`${number}.png`, 'md5');
  expect(reservations.isStored('0.png')).toBe(false);
  expect(reservations.isStored('10000.png')).toBe(true);
  expect(reservations.claim('held.png', 'md5')).toBe(false);
});
