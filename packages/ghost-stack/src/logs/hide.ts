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

const EMAIL = /[\w.+-]+@[\w-]+\.[\w.-]+/g;
const IP = /\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[\da-f]{1,4}:){3,7}(?::?[\da-f]{1,4})+\b/gi;

/** Leaves out whose mail a text names and from where somebody came. */
export function hideAddresses(text: string): string {
  return text.replace(EMAIL, '[e-mail]').replace(IP, '[ip]');
}
