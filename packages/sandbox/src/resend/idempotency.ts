import { createHash } from 'node:crypto';
import type { KeptAnswer, MailStore } from './mail-store.ts';
import { ResendRefusal } from './refusal.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;
const MAX_KEY_LENGTH = 256;

/** One request under one key. */
export interface Claim {
  /** The answer of an earlier request with the same key and body. */
  earlier: string | undefined;
  /** What to store with the mails; undefined for a request without a key. */
  keep(body: string): KeptAnswer | undefined;
  /** Ends the request: the key is free for the next one. */
  release(): void;
}

/**
 * Resend's idempotency keys (https://resend.com/docs/dashboard/emails/idempotency-keys): the answer is
 * kept for 24 hours; refusals are not kept.
 */
export function createIdempotency(mails: MailStore, now: () => number) {
  const inFlight = new Set<string>();

  /** @throws ResendRefusal 400 for a key that is too long, 409 when it is in use or has another body */
  const claim = (key: string | undefined, path: string, body: Buffer): Claim => {
    if (key === undefined) {
      return { earlier: undefined, keep: () => undefined, release: () => undefined };
    }
    if (key === '' || key.length > MAX_KEY_LENGTH) {
      const sentence = 'The idempotency key must be between 1-256 characters.';
      throw new ResendRefusal(400, 'invalid_idempotency_key', sentence);
    }
    const fingerprint = createHash('sha256').update(path).update(body).digest('hex');
    if (inFlight.has(key)) {
      const sentence = 'Same idempotency key used while original request is still in progress.';
      throw new ResendRefusal(409, 'concurrent_idempotent_requests', sentence);
    }
    const kept = mails.answer(key);
    const isKept = kept !== undefined && now() - kept.at < KEPT_MS;
    if (isKept && kept.fingerprint !== fingerprint) {
      const sentence = 'Same idempotency key used with a different request payload.';
      throw new ResendRefusal(409, 'invalid_idempotent_request', sentence);
    }
    inFlight.add(key);
    return {
      earlier: isKept ? kept.body : undefined,
      keep: (answer) => ({ key, fingerprint, body: answer, at: now() }),
      release: () => void inFlight.delete(key),
    };
  };
  return { claim };
}
