import { createHmac, timingSafeEqual } from 'node:crypto';

/** Why a signature was not believed. */
type SignatureRefusal = 'no_signature' | 'no_match' | 'too_old' | 'too_new';

/** What became of a look at a webhook. */
export type GhostSignature =
  /** The time is in milliseconds since 1970, by Ghost's clock. */
  { ok: true; timestamp: number; digest: string } | { ok: false; refusal: SignatureRefusal };

/** How a webhook is looked at. */
export interface VerifyOptions {
  /** Of the webhook in Ghost; any of them may have signed. */
  secrets: readonly string[];
  /** How far Ghost's clock may be from this one, either way. (Default: 300,000) */
  toleranceMs?: number;
  /** Milliseconds since 1970. (Default: `Date.now()`) */
  now?: number;
}

const HEADER = /^sha256=([0-9a-f]{64}), ?t=(\d{1,15})$/;
const FIVE_MINUTES_MS = 300_000;

/**
 * Whether one of these secrets signed the bytes of a webhook, and lately: `X-Ghost-Signature: sha256=<hex>, t=<ms>`, an
 * HMAC over the body followed by the time (Ghost's `core/server/services/webhooks/webhook-trigger.js`).
 *
 * @param body as it came, before anything has parsed it
 */
export function verifyGhostSignature(
  body: Uint8Array,
  header: string | undefined,
  { secrets, toleranceMs = FIVE_MINUTES_MS, now = Date.now() }: VerifyOptions,
): GhostSignature {
  const [, digest = '', time = ''] = HEADER.exec(header ?? '') ?? [];
  if (digest === '') return { ok: false, refusal: 'no_signature' };
  const given = Buffer.from(digest, 'hex');
  const isSigned = secrets.some((secret) => timingSafeEqual(given, hmac(secret, body, time)));
  if (!isSigned) return { ok: false, refusal: 'no_match' };
  const timestamp = Number(time);
  if (timestamp < now - toleranceMs) return { ok: false, refusal: 'too_old' };
  if (timestamp > now + toleranceMs) return { ok: false, refusal: 'too_new' };
  return { ok: true, timestamp, digest };
}

/** The header with which Ghost would send these bytes, for tests and for a doctor's own question. */
export function signAsGhost(body: string | Uint8Array, secret: string, now = Date.now()): string {
  const time = String(now);
  return `sha256=${hmac(secret, body, time).toString('hex')}, t=${time}`;
}

function hmac(secret: string, body: string | Uint8Array, time: string): Buffer {
  return createHmac('sha256', secret).update(body).update(time).digest();
}
