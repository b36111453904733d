import { expect, test } from 'vitest';
import { countsBetween, p99Of, readCounts } from '../../src/services/edge-counts.ts';

/** As Caddy 2.10 writes them. */
const metrics = (quick: number, slow: number, failed: number): string =>
  [
    ['200', 'reverse_proxy', '0.1', quick],
    ['200', 'reverse_proxy', '2.5', quick + slow],
    ['200', 'reverse_proxy', '+Inf', quick + slow],
    ['502', 'reverse_proxy', '0.1', failed],
    ['502', 'reverse_proxy', '2.5', failed],
    ['502', 'reverse_proxy', '+Inf', failed],
    ['200', 'subroute', '0.1', 200],
    ['200', 'subroute', '+Inf', 200],
    ['503', 'subroute', '+Inf', failed + 1],
    ['200', 'static_response', '+Inf', 999],
  ]
    .map(
      ([code, handler, bound, count]) =>
        `caddy_http_request_duration_seconds_bucket{code="${code}",handler="${handler}",method="GET",server="srv4",le="${bound}"} ${count}`,
    )
    .join('\n');

test('what was handed on to Ghost and what readers got is counted, by every code, and what is neither is not', () => {
  expect(readCounts(metrics(90, 5, 5))).toEqual({
    requests: 100,
    errors: 5,
    within: { '0.1': 95, '2.5': 100, '+Inf': 100 },
    readers: { requests: 206, errors: 6 },
  });
});

test('the slowest of a hundred is between two bounds', () => {
  expect(p99Of(readCounts(metrics(99, 1, 0)))).toBe(0.1);
  expect(p99Of(readCounts(metrics(90, 10, 0)))).toBe(2.5);
  expect(p99Of(readCounts(''))).toBe(0);
});

test('between two looks there is what came since, and all of it after a start of Caddy’s', () => {
  const [before, after] = [readCounts(metrics(10, 0, 1)), readCounts(metrics(30, 0, 2))];
  expect(countsBetween(before, after)).toMatchObject({
    ...{ requests: 21, errors: 1 },
    readers: { requests: 1, errors: 1 },
  });
  expect(countsBetween(after, before)).toEqual(before);
});
