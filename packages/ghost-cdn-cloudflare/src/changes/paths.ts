/** What changed: everything, or what is at these paths of the site. */
export type Paths = typeof EVERYTHING | readonly string[];

/** As Ghost says it. */
export const EVERYTHING = '/*';

/** Of one call, or of what waits, no more than this: beyond it everything is less work than each. */
const MOST_PATHS = 500;

/**
 * The paths of Ghost's `X-Cache-Invalidate`: `/*`, or a list such as `/a-post/, /p/…/`. Whatever is no path of the site
 * means everything, since an old page must not stay for a word that was not understood.
 */
export function pathsOf(header: string): Paths {
  const words = header.split(',').map((word) => word.trim());
  const paths = words.filter((word) => word !== '');
  if (paths.length === 0 || !paths.every((path) => /^\/(?!\/)[^*\s\\#]*$/.test(path))) {
    return EVERYTHING;
  }
  return paths;
}

/** Two changes in one. */
export function together(one: Paths, other: Paths): Paths {
  if (one === EVERYTHING || other === EVERYTHING) return EVERYTHING;
  const all = new Set([...one, ...other]);
  return all.size > MOST_PATHS ? EVERYTHING : [...all];
}
