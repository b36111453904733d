import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a secret that came from outside is the expected one; an empty one never is. Both are hashed first, so that
 * neither content nor length shows in the time it takes.
 */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== '' && timingSafeEqual(digest(given), digest(expected));
}
