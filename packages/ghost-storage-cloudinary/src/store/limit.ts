/** Runs a piece of work once one of the places is free, in the order in which they were asked for. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many pieces of work be under way at a time. Work must not wait for work of the same limit. */
export function createLimit(most: number): Limit {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // A place goes from hand to hand, so that nobody who comes now takes it first.
      if (next) next();
      else free += 1;
    }
  };
}
