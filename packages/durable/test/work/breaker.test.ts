import { describe, expect, test } from 'vitest';
import { type BreakerEvent, type BreakerState, createBreaker } from '../../src/work/breaker.ts';
import { createFakeClock } from '../fixtures/fake-clock.ts';

const states: BreakerState[] = ['closed', 'open', 'half-open'];
const events: BreakerEvent[] = ['success', 'failure', 'down', 'probe'];

/** The whole table: state, event, next state. One failure is below the limit of two. */
const expected: Record<BreakerState, Record<BreakerEvent, BreakerState>> = {
  closed: { success: 'closed', failure: 'closed', down: 'open', probe: 'closed' },
  open: { success: 'open', failure: 'open', down: 'open', probe: 'half-open' },
  'half-open': { success: 'closed', failure: 'open', down: 'open', probe: 'half-open' },
};

const waysTo: Record<BreakerState, BreakerEvent[]> = {
  closed: [],
  open: ['down'],
  'half-open': ['down', 'probe'],
};

function setUp() {
  const clock = createFakeClock();
  const changes: BreakerState[] = [];
  const breaker = createBreaker({
    clock,
    failuresToOpen: 2,
    probeMs: 1_000,
    maxProbeMs: 30_000,
    onChange: (state) => changes.push(state),
  });
  return { clock, breaker, changes };
}

describe.each(states)('a breaker that is %s', (state) => {
  test.each(events)(`moves by its table on %s`, (event) => {
    const { breaker } = setUp();
    for (const step of waysTo[state]) breaker.record(step);
    expect(breaker.state).toBe(state);
    breaker.record(event);
    expect(breaker.state).toBe(expected[state][event]);
  });
});

test('failures in a row open it, and a success between them starts the count anew', () => {
  const { breaker } = setUp();
  for (const event of ['failure', 'success', 'failure'] as const) breaker.record(event);
  expect(breaker.state).toBe('closed');
  breaker.record('failure');
  expect(breaker.state).toBe('open');
});

test('closed allows everything, open nothing until the probe is due, half-open nothing more', () => {
  const { clock, breaker } = setUp();
  expect(breaker.allowance()).toBe(Number.POSITIVE_INFINITY);
  breaker.record('down');
  expect([breaker.allowance(), breaker.msUntilProbe()]).toEqual([0, 1_000]);
  clock.advance(999);
  expect(breaker.allowance()).toBe(0);
  clock.advance(1);
  expect(breaker.allowance()).toBe(1);
  breaker.record('probe');
  expect(breaker.allowance()).toBe(0);
});

test('the wait doubles with each failed probe up to its limit, and starts anew after a success', () => {
  const { clock, breaker } = setUp();
  const waits: number[] = [];
  for (let opening = 0; opening < 7; opening++) {
    breaker.record('down');
    waits.push(breaker.msUntilProbe());
    clock.advance(breaker.msUntilProbe());
    breaker.record('probe');
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  breaker.record('success');
  breaker.record('down');
  expect(breaker.msUntilProbe()).toBe(1_000);
});

test('a longer wait that the target asked for is kept', () => {
  const { breaker } = setUp();
  breaker.record('down', 90_000);
  expect(breaker.msUntilProbe()).toBe(90_000);
});

test('a clock that steps back does not put the probe off', () => {
  const { clock, breaker } = setUp();
  breaker.record('down');
  clock.step(-86_400_000);
  expect(breaker.allowance()).toBe(0);
  clock.advance(1_000);
  expect(breaker.allowance()).toBe(1);
});

test('each change of state is told once', () => {
  const { breaker, changes } = setUp();
  for (const event of ['down', 'down', 'probe', 'success', 'success'] as const) {
    breaker.record(event);
  }
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});
