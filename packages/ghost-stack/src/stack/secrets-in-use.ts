import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { effectiveSettings } from '../settings/effective.ts';
import { CARE_FOLDER } from './one-at-a-time.ts';

/**
 * Which service reads each secret. They get it in a file, so Compose sees no change of their containers, which go on
 * with what they read when they started.
 */
const READERS: Readonly<Record<string, string>> = {
  CLOUDINARY_URL: 'ghost',
  RESEND_API_KEY: 'mail',
  RESEND_WEBHOOK_SECRET: 'mail',
  STRIPE_WEBHOOK_SECRET: 'webhooks',
};

/** The services that go on with another secret than the settings have now, as far as `noteSecrets` knows. */
export function servicesWithOldSecrets(
  dir: string,
  env: Record<string, string | undefined>,
): string[] {
  const known = readKnown(dir);
  const changed = Object.entries(hashesOf(dir, env)).filter(([name, hash]) => known[name] !== hash);
  return [...new Set(changed.map(([name]) => READERS[name] ?? ''))];
}

/** Remembers, as hashes, which secrets the services have read. */
export function noteSecrets(dir: string, env: Record<string, string | undefined>): void {
  const file = fileIn(dir);
  writeFileSync(`${file}.new`, JSON.stringify(hashesOf(dir, env)), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

const fileIn = (dir: string): string => join(dir, CARE_FOLDER, 'secrets.json');

/** Of a stack that this command never started nothing is known but that no secret is needed in the sandbox. */
function readKnown(dir: string): Record<string, string> {
  if (existsSync(fileIn(dir))) return JSON.parse(readFileSync(fileIn(dir), 'utf8'));
  return Object.fromEntries(Object.keys(READERS).map((name) => [name, hash('')]));
}

function hashesOf(dir: string, env: Record<string, string | undefined>): Record<string, string> {
  const settings = effectiveSettings(dir, env);
  const names = Object.keys(READERS);
  return Object.fromEntries(names.map((name) => [name, hash(settings.get(name)?.value ?? '')]));
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
