/** What the name of a secret ends in, whatever stands before it: `x-api-key`, `webhookSecret`, `cookies`. */
const ENDINGS = [
  'authorization',
  'cookie',
  'password',
  'passphrase',
  'secret',
  'token',
  '(?:access|admin|api|private|seal|secret|signing|stripe)[-_]?key',
].join('|');

const SECRET_KEY = new RegExp(`(?:${ENDINGS})s?$`, 'i');

/** Whether a value is a secret by its name alone. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** Finds such a name as a key in a line of JSON, at any depth. */
export const SECRET_KEY_IN_LINE = new RegExp(`(?:${ENDINGS})s?":`, 'i');
