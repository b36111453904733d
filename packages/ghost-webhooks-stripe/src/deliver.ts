import type { AttemptRecord, Job, Result } from '@prosora/durable';
import type { StripeEvent } from './event.ts';
import type { Ghost } from './ghost.ts';
import { CLOCKS_APART_MS, type GhostAdmin } from './ghost-admin.ts';
import { type GhostAnswer, rowFor } from './ghost-answers.ts';
import { isRepeatable } from './ghost-events.ts';
import type { Pace } from './pace.ts';
import { fitForGhost } from './slim.ts';

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
  /** Asked in doubt whether Ghost has counted an event. (Default: nobody is, and `ambiguous` decides) */
  admin?: GhostAdmin | undefined;
  /** How many events just like one Ghost has got from us since a time. (Default: none) */
  countAlike?: (event: StripeEvent, time: { since: Date }) => Promise<number>;
  /** How long Ghost may take; it may go on for a while after its caller has hung up. (Default: 90,000) */
  ghostTimeoutMs?: number;
  pace?: Pace;
  /** Looks whether Ghost has another secret by now, after it has refused the signature. (Default: it has not) */
  renewSecret?: () => Promise<boolean>;
  /** Hears of each answer, before it is settled. */
  onAnswer?: (answer: GhostAnswer, event: StripeEvent) => void;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** So many times its timeout after an event was sent Ghost has counted it, or never will. */
const SETTLED_AFTER_TIMEOUTS = 1.5;
const ASK_AGAIN_MS = 30_000;

/** Begins the reason of an attempt after which nobody knows what Ghost did. */
const UNANSWERED = 'sent, no answer';

/** Makes the worker's handler: find the event, send it to Ghost, say what its answer means. */
export function createDeliver(
  options: DeliverOptions,
): (job: Job, signal: AbortSignal) => Promise<Result> {
  const { ghost, findEvent, attemptsOf, ambiguous, admin, onAnswer, now = Date.now } = options;
  const countAlike = options.countAlike ?? (async () => 0);
  const settledAfterMs = SETTLED_AFTER_TIMEOUTS * (options.ghostTimeoutMs ?? 90_000);

  /** What to do about an event that Ghost may have counted; nothing when it may be sent. */
  const resolveDoubt = async (event: StripeEvent, job: Job): Promise<Result | undefined> => {
    const attempts = await attemptsOf(job.id);
    const last = attempts.findLast((attempt) => wordOf(attempt) !== 'none');
    if (last === undefined || wordOf(last) === 'certain') return undefined;
    if (admin === undefined) {
      return { kind: 'ambiguous', reason: 'this process ended while Ghost had the event' };
    }
    const sent = attempts.findLast((one) => one.outcome !== 'park' && wordOf(one) === 'doubt');
    const until = new Date((sent?.startedAt.getTime() ?? 0) + settledAfterMs);
    if (until.getTime() > now()) return { kind: 'park', reason: UNANSWERED, until };
    // Not since the attempt: of many only the last are kept.
    const since = new Date(job.addedAt.getTime() - CLOCKS_APART_MS);
    const alike = await countAlike(event, { since });
    const counted = await admin.hasCounted(event, { since, alike });
    if (counted === 'yes') return { kind: 'done' };
    if (counted === 'no') return undefined;
    if (counted === 'not-now') {
      const reason = `${UNANSWERED}, and Ghost's Admin API is away`;
      return { kind: 'park', reason, until: new Date(now() + ASK_AGAIN_MS) };
    }
    return { kind: 'ambiguous', reason: `${UNANSWERED}, and Ghost's Admin API does not tell` };
  };

  const post = async (
    event: StripeEvent,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<GhostAnswer> => {
    for (let hasRenewed = false; ; hasRenewed = true) {
      const answer = await ghost.post(bytes, signal);
      onAnswer?.(answer, event);
      const isRefused = answer.kind === 'status' && answer.status === 401;
      if (!isRefused || hasRenewed || !(await options.renewSecret?.())) return answer;
    }
  };

  return async (job, signal) => {
    const stored = await findEvent(job.id);
    if (stored === undefined) return { kind: 'dead', reason: 'the event is not in the inbox' };
    const { event, body } = stored;
    const mayRepeat = ambiguous === 'retry' || isRepeatable(event);
    const resolved = mayRepeat ? undefined : await resolveDoubt(event, job);
    if (resolved !== undefined) return resolved;
    const bytes = fitForGhost(event, body);
    if (bytes === undefined) return { kind: 'dead', reason: rowFor(413).means };
    await options.pace?.waitFor(event, signal);
    signal.throwIfAborted();
    const answer = await post(event, bytes, signal);
    const result = resultFor(answer, {
      mayRepeat,
      failures: job.failures,
      failingForMs: job.failingSince === null ? 0 : now() - job.failingSince.getTime(),
    });
    const canAsk = result.kind === 'ambiguous' && admin !== undefined;
    return canAsk ? { kind: 'retry', reason: result.reason, afterMs: settledAfterMs } : result;
  };
}

/** Begins the reasons of attempts after which it is known that Ghost has not counted the event. */
const ANSWERED = /^(\d{3}: |no connection: )/;

/**
 * What an attempt says of whether Ghost has the event. One that ended before anything was sent, by a stop
 * or an error of the store, says nothing, and the doubt before it stays.
 */
function wordOf({ outcome, reason }: AttemptRecord): 'doubt' | 'certain' | 'none' {
  if (outcome === 'lost') return 'doubt';
  // A person's word, `ambiguous` and then a replay, ends the doubt.
  if (outcome !== 'retry' && outcome !== 'park') return 'certain';
  if (reason?.startsWith(UNANSWERED)) return 'doubt';
  return ANSWERED.test(reason ?? '') ? 'certain' : 'none';
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
    const reason = `${UNANSWERED}: ${answer.reason}`;
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
