/**
 * Keeps what a function found for a text: readers come from few places with few browsers, and each
 * search walks a long list.
 *
 * @param max how many are kept; at that number all are forgotten, which is cheaper than choosing
 */
export function remember<Found>(find: (text: string) => Found, max = 1_000): typeof find {
  const found = new Map<string, Found>();
  return (text) => {
    const before = found.get(text);
    if (before !== undefined) return before;
    const result = find(text);
    if (found.size >= max) found.clear();
    found.set(text, result);
    return result;
  };
}
