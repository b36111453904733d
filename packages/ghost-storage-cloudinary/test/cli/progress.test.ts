import { expect, test } from 'vitest';
import { createProgressBar, duration, progressLine } from '../../src/cli/progress.ts';

test('progress is a bar with count, rates and the time that is left', () => {
  expect(progressLine({ done: 150, total: 300, bytes: 5e6 }, 10_000)).toBe(
    '[############------------] 50 %  150/300  15 files/s  0.5 MB/s  10 s left',
  );
  expect(progressLine({ done: 0, total: 300, bytes: 0 }, 0)).not.toContain('left');
  expect(progressLine({ done: 0, total: 0, bytes: 0 }, 1)).toContain('100 %');
});

test.each([
  [3.2, '4 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%s s are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('a log gets a line now and then, a terminal one that is drawn anew and taken away', () => {
  for (const [isTTY, first] of [
    [true, '\r\x1b[K['],
    [false, '['],
  ] as const) {
    let at = 0;
    const written: string[] = [];
    const output = { isTTY, write: (text: string) => written.push(text) };
    const bar = createProgressBar(output, () => at);
    for (let done = 1; done <= 100; done += 1) {
      at += 50;
      bar.update({ done, total: 100, bytes: 0 });
    }
    bar.end();
    expect(written[0]?.startsWith(first)).toBe(true);
    expect(written.length).toBe(isTTY ? 51 : 1);
    expect(written.at(-1)).toBe(isTTY ? '\r\x1b[K' : written[0]);
  }
});
