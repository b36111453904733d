import { HEX, type Random } from '../stand-in/random.ts';

/** An id in the form that Resend's have, decided by the sandbox's seed. */
export function uuid(random: Random): string {
  const part = (length: number) => random.text(length, HEX);
  return `${part(8)}-${part(4)}-4${part(3)}-a${part(3)}-${part(12)}`;
}
