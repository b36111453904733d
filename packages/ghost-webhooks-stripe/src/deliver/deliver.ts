import type { AttemptRecord, Job, Result } from '@prosora/durable';
import { isRepeatable } from '../inbox/ghost-events.ts';
import type { StoredEvent } from '../inbox/inbox.ts';
import type { StripeEvent } from '../webhook/event.ts';
import type { Ghost } from './ghost.ts';
import { CLOCKS_APART_MS, type GhostAdmin } from './ghost-admin.ts';
import { type GhostAnswer, rowFor } from './ghost-answers.ts';
import { doubtAfter, leavesDoubt } from './ghost-writes.ts';
import type { Pace } from './pace.ts';
import { probeOf } from './probe.ts';
import { fitForGhost } from './slim.ts';

/**
 * What to do when it is not known whether Ghost applied an event that counts each time: `hold` it for a
 * person, or `retry` it and accept a second payment row or donation.
 */
type AmbiguousPolicy = 'hold' | 'retry';

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
  /** Whether Ghost took the last delivery; else an event that counts goes only once it has taken an empty one. (Default: it did) */
  isWell?: () => boolean;
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

/** Begins the reason of an attempt that had no status for an answer. */
const UNANSWERED = 'sent, no answer';
/** Begins the reason of an attempt that sent nothing, since it was not known what had become of one before. */
const IN_DOUBT = 'in doubt: ';

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
    const last = attempts.findLast((attempt) => wordOf(attempt, event) !== 'none');
    if (last === undefined || wordOf(last, event) === 'certain') return undefined;
    const isSent = (one: AttemptRecord) =>
      wordOf(one, event) === 'doubt' && !one.reason?.startsWith(IN_DOUBT);
    const sent = attempts.findLast(isSent);
    const why = whyOf(sent ?? last);
    if (admin === undefined) return { kind: 'ambiguous', reason: why };
    const until = new Date((sent?.startedAt.getTime() ?? 0) + settledAfterMs);
    if (until.getTime() > now()) return { kind: 'park', reason: IN_DOUBT + why, until };
    // Not since the attempt: of many only the last are kept.
    const since = new Date(job.addedAt.getTime() - CLOCKS_APART_MS);
    const alike = await countAlike(event, { since });
    const counted = await admin.hasCounted(event, { since, alike });
    if (counted === 'yes') return { kind: 'done' };
    if (counted === 'no') return undefined;
    if (counted === 'not-now') {
      const reason = `${IN_DOUBT}${why}, and Ghost's Admin API is away`;
      return { kind: 'park', reason, until: new Date(now() + ASK_AGAIN_MS) };
    }
    return { kind: 'ambiguous', reason: `${why}, and Ghost's Admin API does not tell` };
  };

  /**
   * Whether Ghost is there, while it was not when last heard of. Behind a proxy each of its 502 would else put
   * another payment in doubt; by an empty event it is seen that nothing was counted.
   */
  const refusalAtDoor = async (event: StripeEvent, signal: AbortSignal) => {
    if (options.isWell?.() ?? true) return undefined;
    const answer = await post(event, probeOf(), signal);
    const result = resultFor(answer, SENT_NOTHING);
    if (result.kind === 'done') return undefined;
    const reason = `not sent: ${'reason' in result ? result.reason : ''}`;
    const afterMs = 'afterMs' in result ? result.afterMs : undefined;
    return { kind: 'down' as const, reason, ...(afterMs !== undefined && { afterMs }) };
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
    const refused = mayRepeat ? undefined : await refusalAtDoor(event, signal);
    if (refused !== undefined) return refused;
    const answer = await post(event, bytes, signal);
    const result = resultFor(answer, {
      doubt: mayRepeat ? undefined : doubtAfter(event, answer),
      failures: job.failures,
      failingForMs: job.failingSince === null ? 0 : now() - job.failingSince.getTime(),
    });
    const canAsk = result.kind === 'ambiguous' && admin !== undefined;
    return canAsk ? { kind: 'retry', reason: result.reason, afterMs: settledAfterMs } : result;
  };
}

/** Begins the reasons of attempts after which it is known that Ghost never had the event. */
const NEVER_HAD = /^(no connection|closed): /;

/**
 * What an attempt says of whether Ghost has the event. One that ended before anything was sent, by a stop
 * or an error of the store, says nothing, and the doubt before it stays.
 */
function wordOf(
  { outcome, reason: given }: AttemptRecord,
  event: StripeEvent,
): 'doubt' | 'certain' | 'none' {
  if (outcome === 'lost') return 'doubt';
  // A person's word, `ambiguous` and then a replay, ends the doubt.
  if (outcome !== 'retry' && outcome !== 'park') return 'certain';
  const reason = given ?? '';
  if (reason.startsWith(UNANSWERED) || reason.startsWith(IN_DOUBT)) return 'doubt';
  const status = /^(\d{3}): /.exec(reason)?.[1];
  if (status !== undefined) return leavesDoubt(event, Number(status)) ? 'doubt' : 'certain';
  return NEVER_HAD.test(reason) ? 'certain' : 'none';
}

function whyOf({ outcome, reason }: AttemptRecord): string {
  if (outcome === 'lost') return 'this process ended while Ghost had the event';
  return (reason ?? UNANSWERED).replace(IN_DOUBT, '');
}

/** What is known of an event besides the answer. */
export interface DeliveryState {
  /** What Ghost may have counted though the answer is no success, where that forbids to send it again. */
  doubt?: string | undefined;
  /** Failures before this answer. */
  failures: number;
  /** Milliseconds since the first of them. */
  failingForMs: number;
}

const SENT_NOTHING: DeliveryState = { failures: 0, failingForMs: 0 };
const TRIES_AT_ONCE = 3;
const LATE_BUDGET_MS = 24 * 3_600_000;

/** Turns an answer into what the queue does with the event. */
export function resultFor(
  answer: GhostAnswer,
  { doubt, failures, failingForMs }: DeliveryState,
): Result {
  if (answer.kind === 'unsent') return { kind: 'down', reason: `no connection: ${answer.reason}` };
  if (answer.kind === 'unanswered') {
    const reason = `${UNANSWERED}: ${answer.reason}`;
    if (doubt === undefined) return { kind: 'retry', reason };
    return { kind: 'ambiguous', reason: `${reason}; ${doubt}` };
  }
  const { status, retryAfterMs } = answer;
  if (doubt !== undefined) return { kind: 'ambiguous', reason: `${status}: ${doubt}` };
  const { verdict, means } = rowFor(status);
  const reason = `${status}: ${means}`;
  const after = retryAfterMs === undefined ? {} : { afterMs: retryAfterMs };
  if (answer.isClosed) return { kind: 'down', reason: `closed: ${CLOSED}`, ...after };
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

const CLOSED = 'Ghost is booting or in maintenance';
