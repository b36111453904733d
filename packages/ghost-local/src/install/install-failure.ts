import { GhostLocalError } from '../errors.ts';
import type { CommandResult } from './run-command.ts';

/** The error codes that npm, pnpm and the system print, and what they mean to who installs. */
const KNOWN_CAUSES = [
  {
    printed: /ENOSPC|no space left on device/i,
    code: 'DISK_FULL',
    message: 'The disk is full.',
    help: 'Ghost and its dependencies take 600 MB: free some space and start again.',
  },
  {
    printed:
      /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED|failed to fetch metadata|error sending request/i,
    code: 'NPM_UNREACHABLE',
    message: 'The npm registry cannot be reached.',
    help: 'Check the network, the proxy and what `npm config get registry` prints, then start again: what was downloaded is kept.',
  },
] as const;

/**
 * Says what a failed step of the install means: `DISK_FULL` or `NPM_UNREACHABLE` if what was printed
 * tells, else `GHOST_INSTALL_FAILED` with the last line.
 */
export function installFailure(step: string, result: CommandResult): GhostLocalError {
  const output = result.lastLines.join('\n');
  const context = { exitCode: result.exitCode, output };
  // pnpm breaks its lines at 80 columns, in the middle of a sentence.
  const text = output.replace(/\s+/g, ' ');
  const cause = KNOWN_CAUSES.find(({ printed }) => printed.test(text));
  if (cause) {
    const { code, message, help } = cause;
    return new GhostLocalError(code, `${step}. ${message}`, { help, context });
  }
  const reason = result.lastLines.at(-1) ?? `exit code ${result.exitCode}`;
  return new GhostLocalError('GHOST_INSTALL_FAILED', `${step}: ${reason}`, { context });
}
