/** What came of one POST to Ghost. */
export type GhostAnswer =
  | {
      kind: 'status';
      status: number;
      /** The wait that `Retry-After` asks for. */
      retryAfterMs?: number;
      /** It is the page that Ghost shows while it boots or is in maintenance: it has not looked at the event. */
      isClosed?: true;
    }
  /** No connection: Ghost never had it. */
  | { kind: 'unsent'; reason: string }
  /** Sent, but no status came back: Ghost may have applied it and may still do so. */
  | { kind: 'unanswered'; reason: string };

/**
 * What to do about an answer. `down`: nothing can be delivered until Ghost is well again, so hold all.
 * `at-once`: another delivery was in the way, so try again without waiting. `late`: what it needs
 * comes with another event, or never: give up earlier.
 */
type Verdict = 'done' | 'retry' | 'late' | 'at-once' | 'dead' | 'down';

/** Statuses that mean the same. */
export interface AnswerRow {
  from: number;
  to: number;
  verdict: Verdict;
  /** For the log, the status and the dead letter. */
  means: string;
}

/**
 * Every status of Ghost's webhook route, the first row that fits. Observed on Ghost 6.65.0; a status of
 * Stripe's API passes through Ghost unchanged, so 401, 402, 403 and 429 may be Stripe's.
 *
 * What is here is done about an event that Ghost may get twice. One that it counts each time is sent again
 * only after a refusal that comes before Ghost writes: which those are, `ghost-writes.ts` says.
 */
export const GHOST_ANSWERS: readonly AnswerRow[] = [
  { from: 200, to: 299, verdict: 'done', means: 'applied, or of no interest to Ghost' },
  {
    from: 300,
    to: 399,
    verdict: 'down',
    means: 'Ghost redirects: PROSORA_STRIPE_GHOST_URL must be where Ghost itself listens',
  },
  { from: 400, to: 400, verdict: 'dead', means: 'not a subscription that Ghost can hold' },
  {
    from: 401,
    to: 401,
    verdict: 'down',
    means:
      "Ghost refuses the signature (its WEBHOOK_SECRET, its clock, Stripe not connected) or Stripe refuses Ghost's key",
  },
  {
    from: 404,
    to: 404,
    verdict: 'late',
    means: 'the member or the object at Stripe is not there yet',
  },
  { from: 409, to: 409, verdict: 'at-once', means: 'another delivery wrote the same row' },
  { from: 413, to: 413, verdict: 'dead', means: 'larger than the 100 kB that Ghost takes' },
  { from: 400, to: 499, verdict: 'retry', means: 'refused, perhaps by Stripe behind Ghost' },
  { from: 502, to: 504, verdict: 'down', means: 'Ghost is booting, in maintenance or gone' },
  { from: 500, to: 599, verdict: 'retry', means: 'Ghost failed' },
];

/** The row for a status; what HTTP does not define is tried again. */
export function rowFor(status: number): AnswerRow {
  return (
    GHOST_ANSWERS.find(({ from, to }) => status >= from && status <= to) ?? {
      from: status,
      to: status,
      verdict: 'retry',
      means: 'not an HTTP status',
    }
  );
}
