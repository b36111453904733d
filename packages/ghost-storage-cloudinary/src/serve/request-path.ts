/**
 * The path within the store that a request asks for, or undefined when it must be refused.
 *
 * Decodes once. What could mean another path to someone further down is refused rather than
 * repaired: encoded slashes, backslashes, control characters, `.` and `..`, empty segments.
 */
export function parseRequestPath(rawPath: string): string | undefined {
  if (/%2f|%5c/i.test(rawPath) || !rawPath.startsWith('/')) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(rawPath.slice(1));
  } catch {
    return undefined;
  }
  if (/[\\\p{Cc}]/u.test(path)) return undefined;
  const isPlain = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isPlain ? path : undefined;
}
