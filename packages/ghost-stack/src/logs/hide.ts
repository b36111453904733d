import { isIP } from 'node:net';
import { createSecretHider } from '@prosora/service';
import { effectiveSettings, isSecretSetting } from '../settings/effective.ts';

/** Makes what keeps the secrets of a stack's settings out of a text, and others that are known besides. */
export function hiderOf(dir: string, others: readonly string[] = []): (text: string) => string {
  const secrets = [...effectiveSettings(dir, process.env).values()]
    .filter(({ name, value }) => isSecretSetting(name) && value !== '')
    .flatMap(({ value }) => [value, URL.parse(value)?.password ?? '']);
  const hide = createSecretHider([...secrets, ...others]);
  return (text) => (JSON.parse(hide(JSON.stringify({ text }))) as { text: string }).text;
}

/** Of vendors' keys, also those that are no setting here, such as the sandbox's. */
const KEYS = [
  [/:\/\/[^\s/@]+@/g, '://[redacted]@'],
  [/\b(?:re|sk|rk|pk|whsec)_[\w+/=-]{6,}/g, '[redacted]'],
] as const;
const EMAIL = /(?<![\w.+-])[\w.+-]+@([\w-]+\.[\w.-]+)/g;
const IPV4 = /\b((?:\d{1,3}\.){3})\d{1,3}\b/g;
const MAYBE_IPV6 = /(?<![\w:])[\da-f:]*:[\da-f]+(?![\w:]|\.\d)/gi;

/** Leaves out whatever looks like a key, whose mail a text names and from where somebody came. */
export function hideAll(text: string): string {
  return withoutKeys(text)
    .replace(EMAIL, '[e-mail]')
    .replace(IPV4, '[ip]')
    .replace(MAYBE_IPV6, (word) => (isIP(word) ? '[ip]' : word));
}

/**
 * Leaves out whatever looks like a key, and of what names a person all but what is useful without him: the host of an
 * e-mail address, the network of another, which is /24 of IPv4 and /48 of IPv6.
 */
export function shorten(text: string): string {
  return withoutKeys(text)
    .replace(EMAIL, '***@$1')
    .replace(IPV4, '$10')
    .replace(MAYBE_IPV6, (word) => (isIP(word) ? networkOf(word) : word));
}

const withoutKeys = (text: string): string =>
  KEYS.reduce((left, [pattern, word]) => left.replace(pattern, word), text);

function networkOf(address: string): string {
  const [head = ''] = address.split('::');
  const groups = [...head.split(':'), '0', '0', '0'].slice(0, 3).map((group) => group || '0');
  return `${groups.join(':')}::`;
}
