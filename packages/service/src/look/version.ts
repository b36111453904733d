import { createHash } from 'node:crypto';

/** What a file is known by in its address: another text has another one. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}
