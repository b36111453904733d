import { createHash } from 'node:crypto';
import type { QueryBudget } from './query-budget.ts';

/** An answer of the upstream. */
export interface ChartAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What may be answered again, and when. */
export interface ChartCacheOptions {
  /** How long an answer is good, in milliseconds. */
  ttlMs: number;
  /** Without it every question may be asked. */
  budget?: QueryBudget | undefined;
  /** Bytes of all answers together. (Default: 16 MiB) */
  maxBytes?: number;
  /** Milliseconds since 1970, of a clock that does not jump. (Default: `Date.now`) */
  now?: () => number;
  /** The latest that it can be: a token that may have ended gets no answer again. (Default: `now`) */
  latest?: () => number;
}

/** What became of a question. */
export type ChartResult =
  | { kind: 'answered'; answer: ChartAnswer; ageMs: number }
  /** The budget is spent and there is no answer to give again. */
  | { kind: 'spent'; waitMs: number };

/** A question as it decides the answer: whoever asks with another token may see something else. */
export interface ChartQuestion {
  path: string;
  token: string;
  /** Who asks: the budget has a share for each. */
  address: string;
  /** When the token ends, in milliseconds since 1970; no answer is given after it. */
  tokenEndsMs?: number | undefined;
}

interface Kept {
  answer: ChartAnswer;
  at: number;
}

/**
 * Creates the cache in front of an upstream that counts questions. Those that are asked at the same time
 * are asked once; failures are not kept. When the budget is spent, or the upstream refuses, the last
 * answer is given however old.
 */
export function createChartCache(options: ChartCacheOptions) {
  const { ttlMs, budget, maxBytes = 16 * 2 ** 20, now = Date.now, latest = now } = options;
  const kept = new Map<string, Kept>();
  const asking = new Map<string, Promise<ChartAnswer>>();
  let bytes = 0;

  const forget = (key: string): void => {
    bytes -= kept.get(key)?.answer.body.length ?? 0;
    kept.delete(key);
  };
  const keep = (key: string, answer: ChartAnswer): void => {
    forget(key);
    kept.set(key, { answer, at: now() });
    bytes += answer.body.length;
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) return;
      forget(oldest);
    }
  };

  return async (
    { path, token, address, tokenEndsMs }: ChartQuestion,
    ask: () => Promise<ChartAnswer>,
  ): Promise<ChartResult> => {
    const key = createHash('sha256').update(`${token}\n${path}`).digest('base64');
    const isTokenGood = tokenEndsMs === undefined || tokenEndsMs > latest();
    const last = isTokenGood ? kept.get(key) : undefined;
    const again = (answer: ChartAnswer, at: number): ChartResult => ({
      kind: 'answered',
      answer,
      ageMs: Math.max(0, now() - at),
    });
    // An answer of the future is one from before somebody set a clock right that had run ahead.
    const ageMs = last ? now() - last.at : Number.NaN;
    if (last && ageMs >= 0 && ageMs < ttlMs) return again(last.answer, last.at);
    const others = asking.get(key);
    if (others) return again(await others, now());
    const grant = budget?.take(address);
    if (grant?.granted === false) {
      return last ? again(last.answer, last.at) : { kind: 'spent', waitMs: grant.waitMs };
    }
    const asked = ask();
    asking.set(key, asked);
    try {
      const answer = await asked;
      // Of whoever may not ask, the upstream counts no question.
      if (answer.status === 401 || answer.status === 403) grant?.giveBack();
      const isRefused = answer.status === 429 || answer.status >= 500;
      if (isRefused && last) return again(last.answer, last.at);
      if (answer.status === 200 && (ttlMs > 0 || budget)) keep(key, answer);
      return again(answer, now());
    } finally {
      asking.delete(key);
    }
  };
}
