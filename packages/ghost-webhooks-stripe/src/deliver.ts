import type { AttemptRecord, Job, Result } from '@prosora/durable';
import type { StripeEvent } from './event.ts';
import type { Ghost } from './ghost.ts';
import { type GhostAnswer, rowFor } from './ghost-answers.ts';
import { isRepeatable } from './ghost-events.ts';

/**
 * What to do when it is not known whether Ghost applied an event that counts each time: `hold` it for a
 * person, or `retry` it and accept a second payment row or donation.
 */
type AmbiguousPolicy = 'hold' | 'retry';

/** An event as the inbox keeps it. */
export interface StoredEvent {
  event: StripeEvent;
  body: Uint8Array;
}

/** What a delivery needs. */
export interface DeliverOptions {
  ghost: Ghost;
  findEvent: (id: string) => Promise<StoredEvent | undefined>;
  attemptsOf: (id: string) => Promise<AttemptRecord[]>;
  ambiguous: AmbiguousPolicy;
  /** Hears of each answer, before it is settled. */
  onAnswer?: (answer: GhostAnswer, event: StripeEvent) => void;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Makes the worker's handler: find the event, send it to Ghost, say what its answer means. */
export function createDeliver(
  options: DeliverOptions,
): (job: Job, signal: AbortSignal) => Promise<Result> {
  const { ghost, findEvent, attemptsOf, ambiguous, onAnswer, now = Date.now } = options;

  return async (job, signal) => {
    const stored = await findEvent(job.id);
    if (stored === undefined) return { kind: 'dead', reason: 'the event is not in the inbox' };
    const { event, body } = stored;
    const mayRepeat = ambiguous === 'retry' || isRepeatable(event);
    if (!mayRepeat && wasCutOff(await attemptsOf(job.id))) {
      return { kind: 'ambiguous', reason: 'this process ended while Ghost had the event' };
    }
    const answer = await ghost.post(body, signal);
    onAnswer?.(answer, event);
    return resultFor(answer, {
      mayRepeat,
      failures: job.failures,
      failingForMs: job.failingSince === null ? 0 : now() - job.failingSince.getTime(),
    });
  };
}

function wasCutOff(attempts: readonly AttemptRecord[]): boolean {
  return attempts.at(-1)?.outcome === 'lost';
}

/** What is known of an event besides the answer. */
export interface DeliveryState {
  /** Whether it may be sent again without knowing what became of the last time. */
  mayRepeat: boolean;
  /** Failures before this answer. */
  failures: number;
  /** Milliseconds since the first of them. */
  failingForMs: number;
}

const TRIES_AT_ONCE = 3;
const LATE_BUDGET_MS = 24 * 3_600_000;

/** Turns an answer into what the queue does with the event. */
export function resultFor(
  answer: GhostAnswer,
  { mayRepeat, failures, failingForMs }: DeliveryState,
): Result {
  if (answer.kind === 'unsent') return { kind: 'down', reason: `no connection: ${answer.reason}` };
  if (answer.kind === 'unanswered') {
    const reason = `sent, no answer: ${answer.reason}`;
    return { kind: mayRepeat ? 'retry' : 'ambiguous', reason };
  }
  const { verdict, means } = rowFor(answer.status);
  const reason = `${answer.status}: ${means}`;
  const after = answer.retryAfterMs === undefined ? {} : { afterMs: answer.retryAfterMs };
  switch (verdict) {
    case 'done':
      return { kind: 'done' };
    case 'dead':
      return { kind: 'dead', reason };
    case 'down':
      return { kind: 'down', reason, ...after };
    case 'late':
      if (failingForMs > LATE_BUDGET_MS) return { kind: 'dead', reason };
      return { kind: 'retry', reason, ...after };
    case 'at-once':
      return { kind: 'retry', reason, ...(failures < TRIES_AT_ONCE ? { afterMs: 0 } : after) };
    case 'retry':
      return { kind: 'retry', reason, ...after };
  }
}
