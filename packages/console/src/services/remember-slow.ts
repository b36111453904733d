import { LRUCache } from 'lru-cache';

/** What was answered, and what it took. */
interface Remembered {
  value: unknown;
  answeredAt: number;
  tookMs: number;
}

/** What a page may wait for. */
const SLOW_MS = 50;
/** An answer that took long is given for so many times as long, so that a service spends no more of its time on it. */
const SHARE = 10;
/** Nobody is shown what is older. */
const OLDEST_MS = 60_000;

/** Answers that take a service long, such as those that count a million rows. */
export interface SlowAnswers {
  /** What was answered last where that took long; once it is old it is asked for anew behind it, by one at a time. */
  get<Value>(question: string, ask: () => Promise<Value>): Promise<Value>;
  /** Something was changed: nothing counts any more that was asked for before. */
  forget(): void;
}

/** Remembers nothing yet. */
export function createSlowAnswers(now: () => number = () => performance.now()): SlowAnswers {
  const known = new LRUCache<string, Remembered>({ max: 100 });
  const underWay = new Map<string, Promise<unknown>>();

  function askAnew<Value>(question: string, ask: () => Promise<Value>): Promise<Value> {
    const counts = () => underWay.get(question) === answer;
    const asking = async () => {
      const askedAt = now();
      try {
        const value = await ask();
        const [answeredAt, tookMs] = [now(), now() - askedAt];
        if (counts() && tookMs < SLOW_MS) known.delete(question);
        else if (counts()) known.set(question, { value, answeredAt, tookMs });
        return value;
      } catch (error) {
        // No answer may be a slow moment. Anything else is so now, such as that it does not run.
        if (counts() && (error as { code?: unknown }).code !== 'UNANSWERED') known.delete(question);
        throw error;
      } finally {
        if (counts()) underWay.delete(question);
      }
    };
    const answer = asking();
    underWay.set(question, answer);
    return answer;
  }

  return {
    async get<Value>(question: string, ask: () => Promise<Value>) {
      const asked = underWay.get(question) as Promise<Value> | undefined;
      const last = known.get(question);
      const ageMs = last ? now() - last.answeredAt : Number.POSITIVE_INFINITY;
      if (last === undefined || ageMs > OLDEST_MS) return await (asked ?? askAnew(question, ask));
      const isOld = ageMs > Math.min(SHARE * last.tookMs, OLDEST_MS / 2);
      if (isOld && asked === undefined) askAnew(question, ask).catch(() => {});
      return last.value as Value;
    },
    forget() {
      known.clear();
      underWay.clear();
    },
  };
}
