import { formsOf, passesDecoded } from './secret-forms.ts';
import { isSecretKey, SECRET_KEY_IN_LINE } from './secret-keys.ts';

// Shorter strings would also blot out ordinary words.
const SHORTEST_SECRET = 6;
const HIDDEN = '[redacted]';

/** What may stand for other characters, in a line of JSON and in a text of it. */
const ENCODED_IN_LINE = /%[0-9a-f]{2}|\\\\/i;
const ENCODED = /%[0-9a-f]{2}|\\/i;

/** A piece of text that is hidden as a whole when a secret is encoded in it: the value in a URL, an address. */
const WORD = /[^\s"'<>,;&?=(){}[\]]+/g;

/**
 * Makes what keeps secrets out of a line of JSON: by key at any depth, and by value in every form of
 * `formsOf`, also percent-encoded or quoted in JSON within JSON. A value of fewer than 6 characters is
 * hidden by its key only.
 *
 * Every line is searched and few hold anything, so the search is three regular expressions over the text;
 * only what they find is parsed, and a line that comes of that is JSON whatever was hidden.
 */
export function createSecretHider(secrets: readonly string[]): (line: string) => string {
  const known = secrets.filter(({ length }) => length >= SHORTEST_SECRET);
  if (known.length === 0) return (line) => (SECRET_KEY_IN_LINE.test(line) ? hideIn(line) : line);

  const forms = [...new Set(known.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const inText = anyOf(forms);
  const everyInText = new RegExp(inText, 'g');
  const inLine = anyOf(forms.map((form) => JSON.stringify(form).slice(1, -1)));
  const holdsSecret = (text: string) => inText.test(text);

  return (line) =>
    SECRET_KEY_IN_LINE.test(line) || inLine.test(line) || ENCODED_IN_LINE.test(line)
      ? hideIn(line, hideInText)
      : line;

  function hideInText(text: string): string {
    const searched = text.replace(everyInText, HIDDEN);
    if (!ENCODED.test(searched)) return searched;
    const words = searched.replace(WORD, (word) =>
      ENCODED.test(word) && passesDecoded(word, holdsSecret) ? HIDDEN : word,
    );
    return passesDecoded(words, holdsSecret) ? HIDDEN : words;
  }
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(texts.map((text) => text.replace(/[$()*+.?[\\\]^{|}/-]/g, '\\$&')).join('|'));
}

function hideIn(line: string, hideInText = (text: string) => text): string {
  try {
    return `${JSON.stringify(hiddenIn(JSON.parse(line), hideInText))}\n`;
  } catch {
    // Objects within objects, thousands deep, which the logger can write and nobody can walk through.
    const time = new Date().toISOString();
    const msg = 'A line could not be searched for secrets, so it was left out.';
    return `${JSON.stringify({ level: 50, time, msg })}\n`;
  }
}

function hiddenIn(value: unknown, hideInText: (text: string) => string): unknown {
  if (typeof value === 'string') return hideInText(value);
  if (typeof value === 'number') return hideInText(`${value}`) === `${value}` ? value : HIDDEN;
  if (Array.isArray(value)) return value.map((item) => hiddenIn(item, hideInText));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      hideInText(key),
      isSecretKey(key) && !saysNothing(inner) ? HIDDEN : hiddenIn(inner, hideInText),
    ]),
  );
}

/** Whether there is a secret or not is no secret. */
function saysNothing(value: unknown): boolean {
  return value === null || typeof value === 'boolean';
}
