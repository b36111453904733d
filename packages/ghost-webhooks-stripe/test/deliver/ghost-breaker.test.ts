import { expect, test } from 'vitest';
import { createGhostBreaker } from '../../src/deliver/ghost-breaker.ts';

const answer = (status: number) => ({ kind: 'status', status }) as const;

function breakerAt() {
  let now = 0;
  const clock = { now: () => now, sleep: async () => undefined };
  const breaker = createGhostBreaker({ clock });
  return { breaker, pass: (ms: number) => (now += ms) };
}

test('any number of 404s does not stop deliveries, ten 500s in a row do', () => {
  const { breaker } = breakerAt();
  for (let times = 0; times < 100; times += 1) {
    breaker.hear(answer(404));
    breaker.record('failure');
  }
  expect(breaker.state).toBe('closed');
  for (let times = 0; times < 10; times += 1) {
    breaker.hear(answer(500));
    breaker.record('failure');
  }
  expect(breaker.state).toBe('open');
});

test('no connection stops them at once, and a probe that is answered 404 lets them go on', () => {
  const { breaker, pass } = breakerAt();
  breaker.hear({ kind: 'unsent', reason: 'ECONNREFUSED' });
  breaker.record('down');
  expect([breaker.state, breaker.allowance()]).toEqual(['open', 0]);
  pass(breaker.msUntilProbe());
  breaker.record('probe');
  breaker.hear(answer(404));
  breaker.record('failure');
  expect(breaker.state).toBe('closed');
});

test('a 503 to an invoice stops them at once, though to the worker it is but one in doubt', () => {
  const { breaker } = breakerAt();
  breaker.hear(answer(503));
  breaker.record('failure');
  expect(breaker.state).toBe('open');
});
