import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { StripeWebhookError } from '../errors.ts';

/** Keeps events unreadable in the file: they hold addresses of readers. */
export interface BodySeal {
  seal(body: Uint8Array): Uint8Array;
  /** Opens what was sealed, and returns what was not as it is. @throws StripeWebhookError `SEAL_KEY` */
  open(stored: Uint8Array): Uint8Array;
}

/** No event begins with it: JSON does not. */
const MARK = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Makes the seal of a key of any text, AES-256-GCM; without one nothing is sealed. */
export function createBodySeal(key: string | undefined): BodySeal {
  const derived = key ? Buffer.from(hkdfSync('sha256', key, '', 'stripe inbox', 32)) : undefined;
  return {
    seal(body) {
      if (derived === undefined) return body;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', derived, iv);
      const text = Buffer.concat([cipher.update(body), cipher.final()]);
      return Buffer.concat([Buffer.of(MARK), iv, cipher.getAuthTag(), text]);
    },
    open(stored) {
      if (stored[0] !== MARK) return stored;
      try {
        const iv = stored.subarray(1, 1 + IV_BYTES);
        const cipher = createDecipheriv('aes-256-gcm', derived ?? Buffer.alloc(32), iv);
        cipher.setAuthTag(stored.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES));
        const text = stored.subarray(1 + IV_BYTES + TAG_BYTES);
        return Buffer.concat([cipher.update(text), cipher.final()]);
      } catch (cause) {
        throw new StripeWebhookError('SEAL_KEY', 'An event was sealed with another key.', {
          help: 'Set PROSORA_STRIPE_SEAL_KEY to the key that the inbox was used with.',
          cause,
        });
      }
    },
  };
}
