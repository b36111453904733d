import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret and how it came here. */
export interface KeyEntry {
  secret: string;
  /** Milliseconds since 1970. */
  since: number;
  /** The endpoint at Stripe that signs with it. */
  endpoint?: string;
  /** After this it is no longer used, in milliseconds since 1970. */
  until?: number;
}

/** The secrets that verbs make and `serve` uses: what Stripe signs with, and what Ghost verifies with. */
export interface Keyring {
  stripe: KeyEntry[];
  /** Oldest first; all of them sign. */
  ghost: KeyEntry[];
}

/** Stripe retries for three days with the secret of the endpoint that it began with, so keep one for longer. */
export const RETRIES_END_MS = 4 * 86_400_000;

/** The file of the keyring in the data folder; mode 0600. */
export function keyringFile(dataDir: string): string {
  return join(dataDir, 'keyring.json');
}

/** Reads the keyring; an absent file is an empty one. @throws SyntaxError for a file that is no JSON */
export function readKeyring(dataDir: string): Keyring {
  try {
    const { stripe = [], ghost = [] } = JSON.parse(readFileSync(keyringFile(dataDir), 'utf8'));
    return { stripe, ghost };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { stripe: [], ghost: [] };
  }
}

/** Replaces the keyring, whole or not at all. */
export function writeKeyring(dataDir: string, keyring: Keyring): void {
  const draft = `${keyringFile(dataDir)}.new`;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(keyring, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, keyringFile(dataDir));
}

/** The secrets of entries that are in use at a time. */
export function inUse(entries: readonly KeyEntry[], now: number): string[] {
  return entries.filter(({ until }) => until === undefined || until > now).map((it) => it.secret);
}
