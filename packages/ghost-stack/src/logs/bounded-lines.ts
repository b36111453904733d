import { byTime, type LogLine } from './log-lines.ts';

/** How many lines are kept, and near which moment. */
export interface Bounds {
  /** All of them without it. */
  limit: number | undefined;
  /** Without it the newest are kept. */
  around: Date | undefined;
}

/** Gathers lines that come in any order, each once, and keeps no more than twice as many as are wanted in memory. */
export function gatherLines({ limit = Infinity, around }: Bounds) {
  const lines = new Map<string, LogLine>();
  const distance = ({ time }: LogLine): number =>
    around ? Math.abs(Date.parse(time) - around.getTime()) : -Date.parse(time);
  const nearest = (): LogLine[] =>
    [...lines.values()].sort((one, other) => distance(one) - distance(other)).slice(0, limit);
  return {
    add(line: LogLine): void {
      lines.set(keyOf(line), line);
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

const keyOf = ({ service, time }: LogLine): string => `${service} ${time}`;
