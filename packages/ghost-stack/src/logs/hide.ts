import { isIP } from 'node:net';
import { createSecretHider } from '@prosora/service';
import { effectiveSettings, isSecretSetting } from '../settings/effective.ts';

/** Makes what keeps the secrets of a stack's settings out of a text. */
export function hiderOf(dir: string): (text: string) => string {
  const secrets = [...effectiveSettings(dir, process.env).values()]
    .filter(({ name, value }) => isSecretSetting(name) && value !== '')
    .flatMap(({ value }) => [value, URL.parse(value)?.password ?? '']);
  const hide = createSecretHider(secrets);
  return (text) => (JSON.parse(hide(JSON.stringify({ text }))) as { text: string }).text;
}

const LEFT_OUT = [
  // Of vendors' keys, also those that are no setting here, such as the sandbox's.
  [/:\/\/[^\s/@]+@/g, '://[redacted]@'],
  [/\b(?:re|sk|rk|pk|whsec)_[\w+/=-]{6,}/g, '[redacted]'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '[e-mail]'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '[ip]'],
] as const;

const MAYBE_IPV6 = /(?<![\w:])[\da-f:]*:[\da-f]+(?![\w:])/gi;

/** Leaves out whatever looks like a key, whose mail a text names and from where somebody came. */
export function hideAll(text: string): string {
  return LEFT_OUT.reduce((left, [pattern, word]) => left.replace(pattern, word), text).replace(
    MAYBE_IPV6,
    (word) => (isIP(word) ? '[ip]' : word),
  );
}
