/** A name of Ghost's own for one of its options: two names or more, joined by two underscores. */
const GHOST_OPTION = /^[a-z]\w*?__\w+$/;

/**
 * What `.env` says to Ghost itself, under Ghost's own names; all else in it is not for Ghost.
 *
 * @param kept what names begin with that the stack sets by a setting of its own, or that would break it, as patterns,
 *   each with what to do
 */
export function findGhostOptions(
  env: Record<string, string | undefined>,
  kept: Record<string, string>,
): { options: Record<string, string>; problems: string[] } {
  const options: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, value = ''] of Object.entries(env)) {
    if (!GHOST_OPTION.test(name)) continue;
    const [, remedy] = Object.entries(kept).find(([start]) => name.search(start) === 0) ?? [];
    if (remedy) problems.push(`${name} in .env would break the stack: ${remedy}.`);
    else options[name] = value;
  }
  return { options, problems };
}
