/** Names of the batches that a table and its views have, the oldest forgotten first. */
export interface EndedNames {
  /** Whether a batch is there: by its own name, or as a part of ranges of bytes that are. */
  has(table: string, name: string): boolean;
  add(table: string, name: string): void;
  /** Lines to be given to {@link rememberEnded} at the next start. */
  lines(): string[];
}

/** A name as the collector gives it: bytes of a file, from the first up to the one before the last number. */
const RANGE = /^(.+):(\d+)-(\d+)$/;

interface Range {
  from: number;
  to: number;
}

/** Remembers names, beginning with those of an earlier start. */
export function rememberEnded(lines: readonly string[], most: number): EndedNames {
  const ended = new Set<string>();
  const rangesOf = new Map<string, Range[]>();

  const add = (line: string): void => {
    if (ended.has(line)) return;
    ended.add(line);
    const range = rangeIn(line);
    const known = range && rangesOf.get(range.of);
    if (known) known.push(range);
    else if (range) rangesOf.set(range.of, [range]);
    for (const oldest of ended) {
      if (ended.size <= most) break;
      ended.delete(oldest);
      forget(oldest);
    }
  };
  const forget = (line: string): void => {
    const of = rangeIn(line)?.of;
    if (of === undefined) return;
    // Ranges of one file are forgotten in the order in which they came.
    const known = rangesOf.get(of);
    known?.shift();
    if (known?.length === 0) rangesOf.delete(of);
  };
  for (const line of lines.slice(-most)) add(line);

  return {
    has(table, name) {
      const line = lineOf(table, name);
      if (ended.has(line)) return true;
      const asked = rangeIn(line);
      if (!asked) return false;
      const parts = (rangesOf.get(asked.of) ?? [])
        .filter(({ from, to }) => from < asked.to && asked.from < to)
        .sort((one, other) => one.from - other.from);
      let missing = asked.from;
      for (const { from, to } of parts) if (from <= missing) missing = Math.max(missing, to);
      return missing >= asked.to;
    },
    add: (table, name) => add(lineOf(table, name)),
    lines: () => [...ended],
  };
}

/** How a name stands in a file. */
export function lineOf(table: string, name: string): string {
  return `${table} ${name}`;
}

function rangeIn(line: string): (Range & { of: string }) | undefined {
  const [, of, ...ends] = RANGE.exec(line) ?? [];
  const [from = 0, to = 0] = ends.map(Number);
  // A name such as `import:2026-11` only looks like one.
  return of !== undefined && from < to ? { of, from, to } : undefined;
}
