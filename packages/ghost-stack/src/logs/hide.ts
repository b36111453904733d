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
