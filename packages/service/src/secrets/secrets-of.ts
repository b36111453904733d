import type { Options, OptionValues } from '../options/options.ts';
import { isSecretKey } from './secret-keys.ts';

/**
 * Every secret in a service's options, for its logger: the values marked `secret`, what follows the colon
 * of one such as Ghost's `id:secret`, and the password in any URL.
 */
export function secretsOf<T extends Options>(
  options: T,
  values: Partial<OptionValues<T>>,
): string[] {
  const found = Object.entries(values).flatMap(([name, value]) => {
    const texts = textsIn(value);
    return [
      ...(options[name]?.secret ? texts.flatMap(secretsIn) : []),
      ...texts.flatMap(passwordsIn),
    ];
  });
  return [...new Set(found)];
}

/** The texts of an option's value. Of an object with secrets among its fields, those alone. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [`${value}`];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) || value instanceof Set) return [...value].flatMap(textsIn);
  if (value instanceof Map) return [...value.values()].flatMap(textsIn);
  const fields = Object.entries(value);
  const secret = fields.filter(([key]) => isSecretKey(key));
  return (secret.length > 0 ? secret : fields).flatMap(([, inner]) => textsIn(inner));
}

function secretsIn(text: string): string[] {
  return text.includes('://') ? [text] : [text, text.slice(text.indexOf(':') + 1)];
}

/** The password of a URL, as it stands and decoded; also of one that a `#` or `/` in it breaks. */
function passwordsIn(text: string): string[] {
  const password =
    URL.parse(text)?.password || /^[a-z][\w+.-]*:\/\/[^/?#@:]*:(.+)@/i.exec(text)?.[1];
  return password ? [password, decoded(password)] : [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
