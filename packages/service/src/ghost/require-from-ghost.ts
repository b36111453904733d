import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** `require` as Ghost's own `index.js` has it; undefined when there is no such file. */
export function requireFromGhost(
  entry: string | undefined = process.argv[1],
): NodeJS.Require | undefined {
  try {
    // `current` is a symlink in ghost-cli installs; modules are known by their real path.
    return createRequire(realpathSync(entry ?? ''));
  } catch {
    return undefined;
  }
}

/**
 * The config module of the Ghost that runs in this process. Nothing is loaded for it, and in any other process there
 * is none.
 */
export function configOfRunningGhost(entry?: string): { get(key: string): unknown } | undefined {
  try {
    const fromGhost = requireFromGhost(entry);
    return fromGhost?.cache[fromGhost.resolve('./core/shared/config')]?.exports;
  } catch {
    return undefined;
  }
}
