import { GhostLocalError } from '../errors.ts';
import type { GhostExit } from './ghost-exit.ts';

/** Enough to hold the error that `core/boot.js` prints before it exits. */
const LINES_TO_EXPLAIN = 15;

/** Ghost's own error, as `core/server/notify.js` sends it to whoever started it. */
export interface GhostBootError {
  message: string;
  context?: string;
  help?: string;
}

/** How a boot may end other than well. */
export type BootFailure = { late: number } | { ghostError: GhostBootError } | GhostExit;

/** Says why Ghost did not boot, in Ghost's own words or with the last lines of its log. */
export function describeBootFailure(
  failure: BootFailure,
  logFile: string,
  lines: string[],
): GhostLocalError {
  const lastLines = lines.slice(-LINES_TO_EXPLAIN);
  const details = { help: `Read ${logFile}.`, context: { ...failure, logFile, lastLines } };
  if ('late' in failure) {
    const message = `Ghost was not ready after ${failure.late / 1000} s.`;
    return new GhostLocalError('GHOST_BOOT_TIMEOUT', withLines(message, lastLines), details);
  }
  if ('ghostError' in failure) {
    const { message, context, help } = failure.ghostError;
    const words = [message, context, help].filter(Boolean).join(' ');
    return new GhostLocalError('GHOST_BOOT_FAILED', `Ghost could not boot: ${words}`, details);
  }
  const end = failure.signal ?? `exit code ${failure.exitCode}`;
  const message = `Ghost ended while booting (${end}).`;
  return new GhostLocalError('GHOST_BOOT_FAILED', withLines(message, lastLines), details);
}

function withLines(message: string, lines: string[]): string {
  return [message, 'Its last lines:', ...lines].join('\n');
}
