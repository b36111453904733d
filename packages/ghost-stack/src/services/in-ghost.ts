import { ProsoraError } from '@prosora/service';
import { compose } from '../stack/compose.ts';

/** Runs a program in Ghost's container with what Ghost has, so that no key of its leaves it. */
export const inGhost = (dir: string, words: readonly string[], input = ''): Promise<string> =>
  compose(dir, ['exec', '-T', 'ghost', ...words], { input });

/** The command's exit code says what its answer says. An edge without a public certificate is believed, as Ghost does. */
const SCRIPT = `[ ! -f /tmp/edge-ca.pem ] || export NODE_EXTRA_CA_CERTS=/tmp/edge-ca.pem
"$@" --json || true`;

/**
 * What the command of one of Ghost's adapters answers; no word is read by a shell.
 *
 * @throws ProsoraError with what it refuses; `DOCKER` where it cannot be asked
 */
export async function askAdapter(dir: string, words: readonly string[]): Promise<unknown> {
  const answer: unknown = JSON.parse(await inGhost(dir, ['sh', '-c', SCRIPT, 'sh', ...words]));
  const { error } = answer as { error?: { code: string; message: string; help?: string } };
  if (error === undefined) return answer;
  throw new ProsoraError(error.code, error.message, error);
}

/** Flags as the words of a command; a value that begins with a dash is none by itself. */
export function flagWords(
  flags: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => `--${name}=${each}`),
  );
}
