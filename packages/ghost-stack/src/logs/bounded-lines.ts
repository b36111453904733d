import { byTime, type LogLine } from './log-lines.ts';

/** How many lines are kept, and near which moment. */
export interface Bounds {
  /** All of them without it. */
  limit: number | undefined;
  /** Without it the newest are kept. */
  around: Date | undefined;
}

/** In bytes, of each where their number is limited, so that all of them are an answer that a small service can hold. */
const LONGEST_TEXT = 4_000;

/** Gathers lines that come in any order, each once, and keeps no more than twice as many as are wanted in memory. */
export function gatherLines({ limit = Infinity, around }: Bounds) {
  const lines = new Map<string, LogLine>();
  const distance = ({ time }: LogLine): number =>
    around ? Math.abs(Date.parse(time) - around.getTime()) : -Date.parse(time);
  const nearest = (): LogLine[] =>
    [...lines.values()].sort((one, other) => distance(one) - distance(other)).slice(0, limit);
  return {
    add(line: LogLine): void {
      lines.set(keyOf(line), limit === Infinity ? line : cut(line));
      if (lines.size < 2 * limit) return;
      const kept = nearest();
      lines.clear();
      for (const each of kept) lines.set(keyOf(each), each);
    },
    /** By their time. */
    get all(): LogLine[] {
      return (lines.size > limit ? nearest() : [...lines.values()]).sort(byTime);
    },
  };
}

/** By way of bytes, since a part of a text holds the whole of it in memory. */
const cut = (line: LogLine): LogLine => ({
  ...line,
  text: Buffer.from(line.text).toString('utf8', 0, LONGEST_TEXT),
});

const keyOf = ({ service, time }: LogLine): string => `${service} ${time}`;
