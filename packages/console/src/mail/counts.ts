import { LRUCache } from 'lru-cache';
import { answerOf } from '../services/answer.ts';
import type { Mail } from './mail.ts';
import type { Progress } from './why-waiting.ts';

/** How far a newsletter is; undefined where the service does not say so in time. */
export type Counts = (emailId: string) => Promise<Progress | undefined>;

/** Opens and bounces of one that was sent come for days, but by then not by the second. */
const YOUNG_MS = 3_600_000;
const KEPT_MS = 60_000;
/** A million recipients take that long. */
const PATIENCE = { timeoutMs: 30_000, mayBeOld: true };

/**
 * Counts newsletters for a list that is looked at every two seconds. Each count looks at every recipient, so one that was
 * sent an hour ago and longer is counted once a minute.
 */
export function createCounts(mail: Mail, now: () => number = Date.now): Counts {
  const known = new LRUCache<string, Progress>({
    max: 200,
    ttl: KEPT_MS,
    ttlResolution: 0,
    perf: { now },
  });
  return async (emailId) => {
    const kept = known.get(emailId);
    if (kept !== undefined) return kept;
    const { value } = await answerOf('mail', mail.get('newsletter', { emailId }, PATIENCE));
    const isOver = value?.queued === 0 && Date.parse(value.acceptedAt) < now() - YOUNG_MS;
    if (value && isOver) known.set(emailId, value);
    return value;
  };
}
