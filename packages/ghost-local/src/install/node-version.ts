import { GhostLocalError } from '../errors.ts';

/** `engines.node` of Ghost 6.65.0: `^22.23.1 || ^24.20.0`. */
const LOWEST_MINOR_BY_MAJOR: Readonly<Record<number, number>> = { 22: 23, 24: 20 };

/**
 * Ghost runs on the Node that runs us, so that has to be one that Ghost supports.
 *
 * @throws GhostLocalError `UNSUPPORTED_NODE`
 */
export function assertNodeRunsGhost(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const lowestMinor = LOWEST_MINOR_BY_MAJOR[major];
  if (lowestMinor !== undefined && minor >= lowestMinor) return;
  throw new GhostLocalError('UNSUPPORTED_NODE', `Ghost does not run on Node ${version}.`, {
    help: 'Use Node 24.20 or later in the 24 line, or 22.23 or later in the 22 line.',
  });
}
