import { createHash } from 'node:crypto';
import { effectiveSettings, isGhostOption } from '../settings/effective.ts';
import { keepCare, readCare } from './care-files.ts';

const FILE = 'secrets.json';
/** All that `.env` says to Ghost itself. */
const OPTIONS = 'options of Ghost';

/**
 * Which services read each secret. They get it in a file, so Compose sees no change of their containers, which go on
 * with what they read when they started. So does Ghost with what `.env` says to it itself.
 */
const READERS: Readonly<Record<string, readonly string[]>> = {
  CLOUDINARY_URL: ['ghost'],
  S3_ACCESS_KEY_ID: ['ghost'],
  S3_SECRET_ACCESS_KEY: ['ghost'],
  RESEND_API_KEY: ['mail'],
  RESEND_WEBHOOK_SECRET: ['mail'],
  MAILGUN_API_KEY: ['ghost'],
  TINYBIRD_ADMIN_TOKEN: ['ghost', 'analytics'],
  TINYBIRD_TRACKER_TOKEN: ['analytics'],
  STRIPE_WEBHOOK_SECRET: ['webhooks'],
  CLOUDFLARE_API_TOKEN: ['cdn'],
  DATABASE_URL: ['ghost'],
  REDIS_URL: ['ghost'],
  [OPTIONS]: ['ghost'],
};

/** The services that go on with another secret than the settings have now, as far as `noteSecrets` knows. */
export function servicesWithOldSecrets(
  dir: string,
  env: Record<string, string | undefined>,
): string[] {
  // Of a stack that this command never started nothing is known but that no secret is needed in the sandbox.
  const known = readCare<Record<string, string>>(dir, FILE) ?? {};
  const changed = Object.entries(hashesOf(dir, env)).filter(
    ([name, now]) => (known[name] ?? hash('')) !== now,
  );
  return [...new Set(changed.flatMap(([name]) => READERS[name] ?? []))];
}

/** Remembers, as hashes, which secrets the services have read. */
export function noteSecrets(dir: string, env: Record<string, string | undefined>): void {
  keepCare(dir, FILE, hashesOf(dir, env));
}

function hashesOf(dir: string, env: Record<string, string | undefined>): Record<string, string> {
  const settings = effectiveSettings(dir, env);
  const of = (name: string): string => settings.get(name)?.value ?? '';
  const options = [...settings.values()]
    .filter(({ name }) => isGhostOption(name))
    .map(({ name, value }) => `${name}=${value}\n`);
  // Without the inbox it is Ghost that believes the endpoint.
  if (of('PAYMENTS') === 'off') options.push(of('STRIPE_WEBHOOK_SECRET'));
  const texts: [name: string, text: string][] = Object.keys(READERS).map((name) => [
    name,
    name === OPTIONS ? options.join('') : of(name),
  ]);
  return Object.fromEntries(texts.map(([name, text]) => [name, hash(text)]));
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
