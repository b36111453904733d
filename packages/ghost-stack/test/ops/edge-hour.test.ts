import { expect, test } from 'vitest';
import { keepEdgeHour } from '../../src/ops/edge-hour.ts';

/** An edge that has counted so much at each look; undefined where it does not answer. */
const edge = (...counts: (number | undefined)[]) =>
  keepEdgeHour(async () => {
    const requests = counts.shift();
    if (requests === undefined) throw new Error('It does not answer.');
    const answers = { requests, errors: 0 };
    return { ...answers, within: { '+Inf': requests }, readers: answers };
  });

test('the hour has what came in its sixty minutes and nothing of before', async () => {
  const looks = Array.from({ length: 100 }, (_, minute) => 1_000 + minute * 2);
  const hour = edge(...looks);
  for (const _ of looks) await hour.sample();
  const answers = { requests: 120, errors: 0 };
  expect(hour.past).toEqual({ ...answers, within: { '+Inf': 120 }, readers: answers });
});

test('a minute without an answer is made up by the next, and a start of Caddy’s counts from 0', async () => {
  const hour = edge(10, undefined, 30, 5);
  for (let look = 0; look < 4; look += 1) await hour.sample();
  expect(hour.past).toMatchObject({ requests: 25 });
});

test('after one answer nothing is known yet', async () => {
  const hour = edge(10);
  await hour.sample();
  expect(hour.past).toBeUndefined();
});
