import { LRUCache } from 'lru-cache';

/** What was answered, and what it took. */
interface Remembered {
  value: unknown;
  answeredAt: number;
  tookMs: number;
  isAskedAnew: boolean;
}

/** What a page may wait for. */
const SLOW_MS = 50;
/** An answer that took long is given for so many times as long, so that a service spends no more of its time on it. */
const SHARE = 10;
/** Nobody is shown what is older. */
const OLDEST_MS = 60_000;

/** Answers that take a service long, such as those that count a million rows. */
export interface SlowAnswers {
  /** What was answered last where that took long, and is asked for anew behind it once it is old. */
  get<Value>(question: string, ask: () => Promise<Value>): Promise<Value>;
  /** Something was changed: nothing counts any more that was asked for before. */
  forget(): void;
}

/** Remembers nothing yet. */
export function createSlowAnswers(now: () => number = () => performance.now()): SlowAnswers {
  const known = new LRUCache<string, Remembered>({ max: 100 });
  let changes = 0;

  async function askAnew<Value>(question: string, ask: () => Promise<Value>): Promise<Value> {
    const [askedAt, asOf] = [now(), changes];
    const value = await ask();
    const answeredAt = now();
    const tookMs = answeredAt - askedAt;
    if (asOf !== changes) return value;
    if (tookMs < SLOW_MS) known.delete(question);
    else known.set(question, { value, answeredAt, tookMs, isAskedAnew: false });
    return value;
  }

  return {
    async get<Value>(question: string, ask: () => Promise<Value>) {
      const last = known.get(question);
      const ageMs = last ? now() - last.answeredAt : Number.POSITIVE_INFINITY;
      if (last === undefined || ageMs > OLDEST_MS) return await askAnew(question, ask);
      if (ageMs > SHARE * last.tookMs && !last.isAskedAnew) {
        last.isAskedAnew = true;
        // Whoever asks after the last answer is too old is told what is wrong.
        askAnew(question, ask).catch(() => {
          last.isAskedAnew = false;
        });
      }
      return last.value as Value;
    },
    forget() {
      changes += 1;
      known.clear();
    },
  };
}
