import { expect, test } from 'vitest';
import { availableIn } from '../../src/drill/memory.ts';

test('what programs can still take is known by the kernel, in whole MB', () => {
  const meminfo =
    'MemTotal:        2014212 kB\nMemFree:           81920 kB\nMemAvailable:     717823 kB\n';
  expect(availableIn(meminfo)).toBe(700);
});

test('a kernel that does not say keeps nobody from it', () => {
  expect(availableIn('MemTotal: 2014212 kB\n')).toBe(Number.POSITIVE_INFINITY);
});
