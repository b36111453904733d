import { type Breaker, type BreakerOptions, createBreaker } from '@prosora/durable';
import { type GhostAnswer, rowFor } from './ghost-answers.ts';

/** A breaker that hears Ghost's answers. */
export interface GhostBreaker extends Breaker {
  /** Tells it what Ghost has just answered, before the worker tells it how the attempt ended. */
  hear(answer: GhostAnswer): void;
}

/**
 * Makes the breaker of the deliveries. To a worker every retry is a failure of the target; but a Ghost
 * that answers 404 to an invoice is well, and taking that for a failure would hold up the very checkout
 * that the invoice waits for. So an answer below 500 counts as a sign of life. And of an invoice a worker
 * hears only that it is in doubt, where a 503 means that Ghost is not there. One delivery at a time.
 */
export function createGhostBreaker(options: BreakerOptions): GhostBreaker {
  const breaker = createBreaker(options);
  let heard: 'success' | 'failure' | 'down' = 'failure';
  return {
    get state() {
      return breaker.state;
    },
    allowance: breaker.allowance,
    msUntilProbe: breaker.msUntilProbe,
    hear(answer) {
      heard = 'failure';
      if (answer.kind !== 'status') return;
      if (answer.status < 500) heard = 'success';
      else if (rowFor(answer.status).verdict === 'down') heard = 'down';
    },
    record(event, afterMs) {
      breaker.record(event === 'failure' ? heard : event, afterMs);
      if (event !== 'probe') heard = 'failure';
    },
  };
}
