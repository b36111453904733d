import { expect, test } from 'vitest';
import { gatherLines } from '../../src/logs/bounded-lines.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 29, 8, 0, second)).toISOString();
const line = (second: number, service = 'mail') =>
  ({ service, time: at(second), level: 'info', text: `${second}` }) as const;
const textsOf = (lines: ReturnType<typeof gatherLines>) => lines.all.map(({ text }) => text);

test('a line that comes twice is one, and all are in the order of time', () => {
  const lines = gatherLines({ limit: undefined, around: undefined });
  for (const each of [line(3), line(1), line(3), line(2, 'ghost')]) lines.add(each);
  expect(textsOf(lines)).toEqual(['1', '2', '3']);
});

test('of many the newest are kept, or those that are nearest to a moment', () => {
  const [newest, nearest] = [undefined, new Date(at(10))].map((around) => {
    const lines = gatherLines({ limit: 3, around });
    for (let second = 0; second < 50; second += 1) lines.add(line(second));
    return textsOf(lines);
  });
  expect(newest).toEqual(['47', '48', '49']);
  expect(nearest).toEqual(['9', '10', '11']);
});

test('of a limited number each has a limit too, in bytes, and without one none has', () => {
  const long = { ...line(1), text: 'ä'.repeat(9_000) };
  const [limited, all] = [3, undefined].map((limit) => {
    const lines = gatherLines({ limit, around: undefined });
    lines.add(long);
    return textsOf(lines);
  });
  expect(limited).toEqual(['ä'.repeat(2_000)]);
  expect(all).toEqual([long.text]);
});
