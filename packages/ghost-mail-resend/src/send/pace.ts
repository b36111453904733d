import * as z from 'zod';
import type { ResendAnswer } from './resend.ts';

/** One of the calls that Resend allows in a window: from when it is there again. */
const slotSchema = z.object({
  freeAt: z.number(),
  /** When it was last used: a slot serves one call a window, however early the next may leave. */
  usedAt: z.number(),
  /** The call that holds it until its answer says when Resend counted it. */
  holder: z.string().optional(),
});

/** What is known of Resend's limit, shared by all processes. Times are ms since 1970. */
export const paceSchema = z.object({
  limit: z.int().positive(),
  windowMs: z.number().positive(),
  slots: z.array(slotSchema),
  /** No call before: a refusal asked for it, or a quota is used up. */
  heldUntil: z.number(),
  /** The shortest way to Resend seen lately, and in how many answers. */
  wayMs: z.number(),
  answers: z.int(),
  /** How much earlier than that calls leave, as long as nothing is refused. */
  boldMs: z.number(),
  /** No bolder before. */
  steadyUntil: z.number(),
});

/** The state of the pace. */
export type PaceState = z.output<typeof paceSchema>;

/** A call that may be made at a time, or when to ask again. */
export type Turn = { at: number } | { askAt: number };

/** Resend's limit for a new team; the headers of the first answer correct it. */
const FIRST_LIMIT = 2;
/** A newsletter takes no slot ahead of time, so that a sign-in mail finds the next one free. */
const NEWSLETTER_AHEAD_MS = 30;
/** A slot whose call never came back. */
const LOST_CALL_MS = 2_000;
const ENOUGH_ANSWERS = 50;
/** Timers fire when they can. */
const GUARD_MS = 1;
const BOLDER_MS = 0.08;
const STEADY_MS = 240_000;
/** A limiter that refuses at so little looks back from each call, and leaves no room to be bold in. */
const NO_ROOM_MS = 8;

/** What is assumed before the first answer. */
export function newPace(): PaceState {
  return {
    limit: FIRST_LIMIT,
    windowMs: 1_000,
    slots: [],
    heldUntil: 0,
    wayMs: 0,
    answers: 0,
    boldMs: 0,
    steadyUntil: 0,
  };
}

/**
 * Books the next slot for a call that will `learnPace` by its holder, or without one never will. Resend does not say how it counts, so no more calls than the limit are to arrive in
 * any stretch of a window's length: that is right for a fixed window, a sliding log and a bucket alike.
 *
 * A slot is free a window after Resend counted its last call, and a call may leave earlier by as much as
 * the way takes at least.
 */
export function takeTurn(
  pace: PaceState,
  holder: string | undefined,
  isUrgent: boolean,
  now: number,
): Turn {
  while (pace.slots.length < pace.limit) pace.slots.push({ freeAt: 0, usedAt: 0 });
  const surplus = pace.slots.length - pace.limit;
  if (surplus > 0)
    pace.slots = pace.slots.toSorted((a, b) => b.freeAt - a.freeAt).slice(0, pace.limit);
  const readyAt = (slot: PaceState['slots'][number]) =>
    Math.max(slot.freeAt - leadMs(pace), slot.usedAt + pace.windowMs, pace.heldUntil);
  const [next] = pace.slots.toSorted((a, b) => readyAt(a) - readyAt(b));
  if (next === undefined) return { askAt: now + pace.windowMs };
  const at = Math.max(now, readyAt(next));
  // A hold may be lifted or prolonged: nobody books beyond it.
  if (pace.heldUntil > now) return { askAt: pace.heldUntil };
  if (!isUrgent && at > now + NEWSLETTER_AHEAD_MS) return { askAt: at - NEWSLETTER_AHEAD_MS };
  next.usedAt = at;
  // Nobody will say when a call without a holder was counted.
  next.freeAt = at + 2 * pace.wayMs + pace.windowMs + (holder === undefined ? 0 : LOST_CALL_MS);
  if (holder === undefined) delete next.holder;
  else next.holder = holder;
  return { at };
}

/** How long before a slot is free its next call leaves. A few answers do not show the shortest way. */
function leadMs({ wayMs, boldMs, answers }: PaceState): number {
  return wayMs * Math.min(1, answers / ENOUGH_ANSWERS) - GUARD_MS + boldMs;
}

/** A call that was made. */
export interface Called {
  holder: string;
  sentAt: number;
  answeredAt: number;
  answer: Pick<ResendAnswer, 'status' | 'rate' | 'retryAfterMs'>;
}

/** Reads what an answer says of the limit; half of its time was the way there. */
export function learnPace(pace: PaceState, { holder, sentAt, answeredAt, answer }: Called): void {
  const { status, rate } = answer;
  if (rate.limit !== null && rate.limit > 0) pace.limit = Math.floor(rate.limit);
  if (rate.windowMs !== null) pace.windowMs = rate.windowMs;
  const wayMs = (answeredAt - sentAt) / 2;
  const countedAt = sentAt + wayMs;
  const slot = pace.slots.find((each) => each.holder === holder);
  if (status !== null) {
    pace.answers += 1;
    // Rises slowly, so that a faster way which is gone does not count for ever.
    pace.wayMs = pace.wayMs === 0 ? wayMs : Math.min(wayMs, pace.wayMs * 1.0001);
    if (slot) slot.freeAt = countedAt + pace.windowMs;
  }
  if (slot) delete slot.holder;
  if (status === 429) {
    pace.boldMs = pace.boldMs > NO_ROOM_MS ? 0.7 * pace.boldMs : 0;
    pace.steadyUntil = answeredAt + STEADY_MS;
    if (slot) slot.freeAt = answeredAt;
    return;
  }
  if (answeredAt > pace.steadyUntil) pace.boldMs += BOLDER_MS;
  if (rate.remaining !== null) yieldToOthers(pace, rate.remaining, countedAt);
}

/** Calls of other programs of the team show in `ratelimit-remaining`: as many slots are theirs for a window. */
function yieldToOthers(pace: PaceState, remaining: number, countedAt: number): void {
  const own = pace.slots.filter(
    ({ freeAt, holder }) => holder !== undefined || freeAt > countedAt,
  ).length;
  const theirs = pace.limit - remaining - own;
  const idle = pace.slots.filter(({ freeAt, holder }) => !holder && freeAt <= countedAt);
  for (const slot of idle.slice(0, Math.max(0, theirs))) slot.freeAt = countedAt + pace.windowMs;
}
