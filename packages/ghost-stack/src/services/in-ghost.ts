import { ProsoraError } from '@prosora/service';
import { compose } from '../stack/compose.ts';

/** Runs a program in Ghost's container with what Ghost has, so that no key of its leaves it. */
export const inGhost = (dir: string, words: readonly string[], input = ''): Promise<string> =>
  compose(dir, ['exec', '-T', 'ghost', ...words], { input });

/**
 * The command's exit code says what its answer says. Its memory counts as Ghost's: it takes little, and is what the kernel
 * ends where that is too much. An edge without a public certificate is believed, as Ghost does.
 */
const SCRIPT = `echo 1000 2>/dev/null >/proc/self/oom_score_adj || :
export NODE_OPTIONS="$NODE_OPTIONS --max-old-space-size=96"
[ ! -f /tmp/edge-ca.pem ] || export NODE_EXTRA_CA_CERTS=/tmp/edge-ca.pem
"$@" --json || true`;

/**
 * What the command of one of Ghost's adapters answers; no word is read by a shell.
 *
 * @throws ProsoraError with what it refuses; `ADAPTER` where it does not answer; `DOCKER` where Ghost's container does not run
 */
export async function askAdapter(dir: string, words: readonly string[]): Promise<unknown> {
  const answer = parsed(await inGhost(dir, ['sh', '-c', SCRIPT, 'sh', ...words]), words);
  const { error } = answer as { error?: { code: string; message: string; help?: string } };
  if (error === undefined) return answer;
  throw new ProsoraError(error.code, error.message, error);
}

/** Of a command that an older image of Ghost's lacks nothing is printed. */
function parsed(printed: string, words: readonly string[]): unknown {
  try {
    return JSON.parse(printed);
  } catch (cause) {
    const sentence = `\`${words.join(' ')}\` in Ghost’s container does not answer.`;
    throw new ProsoraError('ADAPTER', sentence, {
      help: 'Is its image as new as this command? `prosora up` makes it anew.',
      cause,
    });
  }
}

/** Flags as the words of a command; a value that begins with a dash is none by itself. */
export function flagWords(
  flags: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => `--${name}=${each}`),
  );
}
