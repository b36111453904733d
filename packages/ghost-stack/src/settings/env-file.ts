import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ProsoraError } from '@prosora/service';

/** The stack's settings as they stand in its `.env`; empty where there is none. */
export function readEnvFile(dir: string): { text: string; values: Record<string, string> } {
  const file = join(dir, '.env');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return { text, values: parseEnv(text) as Record<string, string> };
}

/**
 * Replaces `.env` whole, so that a killed run leaves the former one. Only its owner may read it.
 *
 * @throws Error when the folder cannot be written
 */
export async function writeEnvFile(dir: string, text: string): Promise<void> {
  const file = join(dir, '.env');
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, file);
}

/**
 * Changes settings in `.env`; a first one begins with the file that explains them all.
 *
 * @throws ProsoraError `ENV_FILE` for a value that no line can hold
 */
export async function changeSettings(
  dir: string,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const { text, values } = readEnvFile(dir);
  const former = text || readFileSync(join(dir, '.env.example'), 'utf8');
  const changed = Object.entries(changes).filter(([name, value]) => values[name] !== value);
  await writeEnvFile(dir, withValues(former, Object.fromEntries(changed)));
}

/**
 * The text of an `.env` with other values, all else as it was: a setting that stands there is changed where it
 * stands, one that is commented out takes the place of its comment, and any other is added at the end.
 *
 * @throws ProsoraError `ENV_FILE` for a value that no line can hold
 */
export function withValues(text: string, changes: Readonly<Record<string, string>>): string {
  let changed = text;
  for (const [name, value] of Object.entries(changes)) changed = withValue(changed, name, value);
  const former = parseEnv(text);
  const expected = { ...former, ...changes };
  const found = parseEnv(changed);
  // Of a value that stands on several lines the first alone would be replaced.
  const isLines = (name: string) => name in changes && /[\n\r]/.test(former[name] ?? '');
  const wrong = Object.keys(expected).filter(
    (name) =>
      found[name] !== expected[name] || isLines(name) || /['\n\r]/.test(changes[name] ?? ''),
  );
  if (wrong.length === 0) return changed;
  throw new ProsoraError('ENV_FILE', `.env cannot hold the new value of ${wrong.join(', ')}.`, {
    help: 'A value has one line and no apostrophe, and stands in one place of the file.',
  });
}

function withValue(text: string, name: string, value: string): string {
  const line = `${name}=${quoted(value)}`;
  const places = [new RegExp(`^(export )?${name}=.*$`, 'm'), new RegExp(`^# ?${name}=.*$`, 'm')];
  const place = places.find((pattern) => pattern.test(text));
  if (place) return text.replace(place, () => line);
  return `${text.replace(/(?<!\n)$/, text === '' ? '' : '\n')}${line}\n`;
}

/** Within apostrophes neither Compose nor Node reads anything into a value, as they do into `$` and `#`. */
function quoted(value: string): string {
  return /^[\w./:@%+,-]*$/.test(value) ? value : `'${value}'`;
}
