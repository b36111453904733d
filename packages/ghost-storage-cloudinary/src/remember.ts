const REMEMBERED = 10_000;

/**
 * Keeps the last 10,000 results of a pure function, the oldest given up first. The SDK takes 0.1 ms
 * for a URL, as long as the rest of a redirect together.
 */
export function remember<T>(compute: (key: string) => T): (key: string) => T {
  const results = new Map<string, T>();
  return (key) => {
    const known = results.get(key);
    if (known !== undefined || results.has(key)) return known as T;
    const result = compute(key);
    results.set(key, result);
    const [oldest] = results.keys();
    if (results.size > REMEMBERED && oldest !== undefined) results.delete(oldest);
    return result;
  };
}
