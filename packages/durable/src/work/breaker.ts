import { type Clock, systemClock } from '../clock/clock.ts';
import { createStoreClock } from '../clock/store-clock.ts';

/** Whether a target is called: `closed` as often as wanted, `open` not at all, `half-open` once. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * What a breaker learns. `success`: the target answered. `failure`: a call failed, the target may be
 * sick or the job bad. `down`: the target itself can not work (refused connection, 503, wrong secret).
 * `probe`: the one call of an open breaker begins.
 */
export type BreakerEvent = 'success' | 'failure' | 'down' | 'probe';

type Move = 'close' | 'count' | 'open' | 'begin-probe' | 'stay';

/** What a breaker does on each event. Late answers of calls begun before it opened do not close it. */
const breakerTable = {
  closed: { success: 'close', failure: 'count', down: 'open', probe: 'stay' },
  open: { success: 'stay', failure: 'stay', down: 'stay', probe: 'begin-probe' },
  'half-open': { success: 'close', failure: 'open', down: 'open', probe: 'stay' },
} as const satisfies Record<BreakerState, Record<BreakerEvent, Move>>;

/** How a breaker is set up. */
export interface BreakerOptions {
  /** Failures in a row that open it. (Default: 10) */
  failuresToOpen?: number;
  /** Wait before the first probe; it doubles with each probe that fails. (Default: 1,000) */
  probeMs?: number;
  /** Longest wait between two probes. (Default: 30,000) */
  maxProbeMs?: number;
  /** Where time comes from. (Default: the machine's clock) */
  clock?: Clock;
  /** Told after each change of state, for a metric and a log line; what it throws is ignored. */
  onChange?: (state: BreakerState) => void;
}

/** Stops calls to a target that is down, and finds out with single probes when it is back. */
export interface Breaker {
  readonly state: BreakerState;
  /** How many calls may begin now: `Infinity`, one probe, or none. */
  allowance(): number;
  /** Milliseconds until a probe is allowed; 0 when one is, or when none is needed. */
  msUntilProbe(): number;
  /** Tells it what happened; `afterMs` is a longer wait that the target asked for. */
  record(event: BreakerEvent, afterMs?: number): void;
}

/** Makes a breaker for one target; workers that call the same target share it. */
export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { failuresToOpen = 10, probeMs = 1_000, maxProbeMs = 30_000 } = options;
  const clock = createStoreClock(options.clock ?? systemClock, 0);
  let state: BreakerState = 'closed';
  let failures = 0;
  let openings = 0;
  let probeAt = 0;

  function enter(next: BreakerState): void {
    if (state === next) return;
    state = next;
    try {
      options.onChange?.(next);
    } catch {
      // A listener must not be able to lose the result of a call.
    }
  }

  function open(afterMs: number): void {
    openings += 1;
    probeAt = clock.now() + Math.max(afterMs, Math.min(maxProbeMs, probeMs * 2 ** (openings - 1)));
    enter('open');
  }

  const moves: Record<Move, (afterMs: number) => void> = {
    stay: () => undefined,
    close() {
      failures = 0;
      openings = 0;
      enter('closed');
    },
    count(afterMs) {
      failures += 1;
      if (failures >= failuresToOpen) open(afterMs);
    },
    open,
    'begin-probe': () => enter('half-open'),
  };

  function msUntilProbe(): number {
    return state === 'open' ? Math.max(0, probeAt - clock.now()) : 0;
  }

  return {
    get state() {
      return state;
    },
    allowance() {
      if (state === 'closed') return Number.POSITIVE_INFINITY;
      return state === 'open' && msUntilProbe() === 0 ? 1 : 0;
    },
    msUntilProbe,
    record(event, afterMs = 0) {
      moves[breakerTable[state][event]](afterMs);
    },
  };
}
