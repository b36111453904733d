import { expect, test } from 'vitest';
import { inWords } from '../../src/services/pages.ts';

const counters = (hit: number, miss: number, pass: number, bans: number) => ({
  counters: {
    'MAIN.cache_hit': { value: hit },
    'MAIN.cache_miss': { value: miss },
    'MAIN.s_pass': { value: pass },
    'MAIN.bans_added': { value: bans },
  },
});

test('says what was saved, what was not, and how often all was dropped', () => {
  expect(inWords(counters(12_345, 55, 100, 8))).toEqual([
    '12,345 requests saved (98 %)',
    '55 fetched, 100 passed on',
    '7 times all was dropped',
  ]);
});

test('says nothing that is wrong of one that nobody has asked yet, and of one that is off', () => {
  expect(inWords(counters(0, 0, 0, 1))[0]).toBe('0 requests saved (0 %)');
  expect(inWords({ counters: {} })).toEqual(['off']);
});
