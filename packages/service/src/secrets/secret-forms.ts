/**
 * The texts in which a secret can be read off as it stands: itself, with `+` for its spaces (forms), in
 * hex, and in base64 or base64url wherever it begins in what was encoded, as in `Basic base64(user:secret)`.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  return [
    secret,
    secret.replaceAll(' ', '+'),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((before) => base64Digits(bytes, before)),
  ];
}

/**
 * The base64 digits that depend on these bytes alone, when so many others stand before them in a group of
 * three; a digit at an end that holds bits of a neighbour is left out.
 */
function base64Digits(bytes: Buffer, before: number): [string, string] {
  const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
  const [from, until] = [Math.ceil((before * 8) / 6), Math.floor((shifted.length * 8) / 6)];
  const digits = (encoding: 'base64' | 'base64url') =>
    shifted.toString(encoding).slice(from, until);
  return [digits('base64'), digits('base64url')];
}

/** More than this is wrapped around a secret only by somebody who wants to hide it. */
const MOST_LAYERS = 4;

/** Whether a text passes a test after up to four layers of percent-encoding and JSON strings are taken off. */
export function passesDecoded(
  text: string,
  test: (decoded: string) => boolean,
  layers = MOST_LAYERS,
): boolean {
  if (test(text)) return true;
  return (
    layers > 0 &&
    [percentDecoded, unescaped].some((decode) => {
      const decoded = decode(text);
      return decoded !== text && passesDecoded(decoded, test, layers - 1);
    })
  );
}

/** Forgiving, unlike `decodeURIComponent`: what is no code stays. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
  );
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** As `JSON.parse` reads the inside of a string, and forgiving. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(["\\/bfnrt]))/gi, (_escape, hex, character) =>
    hex === undefined
      ? (ESCAPES[character] ?? character)
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
