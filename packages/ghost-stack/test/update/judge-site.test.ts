import { expect, test } from 'vitest';
import type { EdgeCounts } from '../../src/services/edge-counts.ts';
import { judgeSite, type SiteLook } from '../../src/update/judge-site.ts';

const counts = (requests: number, errors = 0, slow = 0): EdgeCounts => ({
  requests,
  errors,
  within: { '0.1': requests - slow, '1': requests - slow, '10': requests, '+Inf': requests },
  readers: { requests, errors: 0 },
});

function look(more: Partial<SiteLook> = {}, state = 'healthy', restarts = 0): SiteLook {
  const containers = [{ service: 'ghost', state, restarts }];
  return { containers, edge: counts(100), waiting: {}, ...more };
}

test('a site that is as before is well', () => {
  expect(judgeSite([look(), look()], counts(1_000, 5))).toBeUndefined();
});

test('one bad look is a moment, and two are not', () => {
  const ill = look({}, 'unhealthy');
  expect(judgeSite([look(), ill], undefined)).toBeUndefined();
  expect(judgeSite([look(), ill, ill], undefined)).toBe('ghost is unhealthy.');
});

test('one that is starting, as after a start of Docker’s, is not ill yet', () => {
  const starting = look({}, 'starting');
  expect(judgeSite([starting, starting, starting], undefined)).toBeUndefined();
});

test('a container that Docker has started anew is ill at once', () => {
  expect(judgeSite([look(), look({}, 'healthy', 1)], undefined)).toBe(
    'ghost ended and was started anew.',
  );
});

test('more errors than before are a fault, as many as before are none, and of a few nothing is said', () => {
  const after = look({ edge: counts(100, 10) });
  expect(judgeSite([look(), after], counts(1_000, 10))).toBe(
    '10 % of 100 requests failed, and 1 % before.',
  );
  expect(judgeSite([look(), after], counts(1_000, 100))).toBeUndefined();
  expect(judgeSite([look(), look({ edge: counts(10, 10) })], counts(1_000))).toBeUndefined();
});

test('readers who get errors are a fault, though Ghost itself has none', () => {
  const failing = { ...counts(100), readers: { requests: 200, errors: 20 } };
  expect(judgeSite([look(), look({ edge: failing })], counts(1_000))).toBe(
    '10 % of 200 answers to readers failed, and 0 % before.',
  );
  expect(judgeSite([look(), look({ edge: failing })], failing)).toBeUndefined();
});

test('a site that is slower than before is a fault, and one or two slow requests are none', () => {
  const after = (requests: number, slow: number) => look({ edge: counts(requests, 0, slow) });
  expect(judgeSite([look(), after(100, 5)], counts(1_000))).toBe(
    '5 of 100 requests took longer than 1 s, and before 99 of 100 came within 0.1 s.',
  );
  expect(judgeSite([look(), after(28, 2)], counts(1_000))).toBeUndefined();
  expect(judgeSite([look(), after(1_000, 10)], counts(1_000))).toBeUndefined();
  expect(judgeSite([look(), after(100, 5)], counts(1_000, 0, 500))).toBeUndefined();
});

test('nothing is slower than what took as long as the edge can tell before', () => {
  const late = { ...counts(100), within: { '1': 90, '10': 99, '+Inf': 100 } };
  const later = { ...late, within: { '1': 90, '10': 95, '+Inf': 100 } };
  expect(judgeSite([look(), look({ edge: later })], late)).toBeUndefined();
  const endless = { ...counts(100), within: { '0.1': 0, '10': 0, '+Inf': 100 } };
  expect(judgeSite([look(), look({ edge: endless })], endless)).toBeUndefined();
});

test('what waits longer and longer is a fault', () => {
  const [first, former, last] = [10, 130, 140].map((seconds) =>
    look({ waiting: { prosora_mail_oldest_pending_seconds: seconds } }),
  ) as [SiteLook, SiteLook, SiteLook];
  expect(judgeSite([first, former, last], undefined)).toBe(
    'prosora_mail_oldest_pending_seconds is 140, and grows.',
  );
  expect(judgeSite([last, former, former], undefined)).toBeUndefined();
});
