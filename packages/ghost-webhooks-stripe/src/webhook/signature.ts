import { createHmac, timingSafeEqual } from 'node:crypto';
import { StripeWebhookError } from '../errors.ts';
import { type HeaderProblem, parseSignatureHeader } from './signature-header.ts';

/** What {@link verify} needs besides the body and the header. */
export interface VerifyOptions {
  /** The endpoint's signing secrets (`whsec_…`). Several during a rotation: any of them may match. */
  secrets: readonly string[];
  /** How far the signature's time may be from now, before or after, in seconds. (Default: 300) */
  toleranceSeconds?: number;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/**
 * Why a request is not from Stripe, or not from now. `no_match` before either `timestamp` code: a
 * time is only believed once its signature is right.
 */
export type VerifyRefusal =
  | HeaderProblem
  | 'no_payload'
  | 'no_match'
  | 'timestamp_old'
  | 'timestamp_future';

/** The outcome of {@link verify}. */
export type Verification =
  | {
      ok: true;
      /** Which of `secrets` matched, counted from 0. */
      secretIndex: number;
      /** When Stripe signed it, in seconds since 1970. */
      timestamp: number;
    }
  | { ok: false; code: VerifyRefusal };

/**
 * Checks that a webhook's body was signed by Stripe with one of the secrets, less than five minutes
 * from now. Works on the bytes as they came, so it needs the raw body. Every secret is tried and all
 * comparisons take constant time, so neither the outcome nor the duration says how close a guess was.
 *
 * https://docs.stripe.com/webhooks/signature
 *
 * @throws StripeWebhookError `SECRETS_INVALID`, `PAYLOAD_NOT_RAW`
 */
export function verify(
  body: Uint8Array,
  header: string | null | undefined,
  options: VerifyOptions,
): Verification {
  const { secrets, toleranceSeconds = 300, now = Date.now } = options;
  assertSecrets(secrets);
  assertRaw(body);
  if (body.length === 0) return { ok: false, code: 'no_payload' };
  const parsed = parseSignatureHeader(header);
  if (typeof parsed === 'string') return { ok: false, code: parsed };

  const { timestamp, signatures } = parsed;
  const candidates = signatures.filter((text) => HEX_OF_SHA256.test(text));
  const digests = candidates.map((text) => Buffer.from(text, 'hex'));
  const matches = secrets.map((secret) => {
    const expected = hmac(secret, timestamp, body).digest();
    return digests.filter((digest) => timingSafeEqual(digest, expected)).length > 0;
  });
  const secretIndex = matches.indexOf(true);
  if (secretIndex === -1) return { ok: false, code: 'no_match' };

  const ageSeconds = Math.floor(now() / 1000) - timestamp;
  if (ageSeconds > toleranceSeconds) return { ok: false, code: 'timestamp_old' };
  if (ageSeconds < -toleranceSeconds) return { ok: false, code: 'timestamp_future' };
  return { ok: true, secretIndex, timestamp };
}

/** What {@link sign} needs besides the body. */
export interface SignOptions {
  /** One signature is made with each; a receiver accepts any, so two rotate without a gap. */
  secrets: readonly string[];
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/**
 * The `Stripe-Signature` header for a body, as Stripe would send it now.
 *
 * @throws StripeWebhookError `SECRETS_INVALID`, `PAYLOAD_NOT_RAW`
 */
export function sign(body: Uint8Array, { secrets, now = Date.now }: SignOptions): string {
  assertSecrets(secrets);
  assertRaw(body);
  const timestamp = Math.floor(now() / 1000);
  const signatures = secrets.map((secret) => `v1=${hmac(secret, timestamp, body).digest('hex')}`);
  return [`t=${timestamp}`, ...signatures].join(',');
}

const HEX_OF_SHA256 = /^[0-9a-f]{64}$/;

function hmac(secret: string, timestamp: number, body: Uint8Array) {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body);
}

/** Fewer characters can be guessed from one signed body. Stripe's have 38, and Ghost takes any. */
const LEAST_SECRET_LENGTH = 16;
/**
 * Stripe's own, and those of Standard Webhooks, whose key is Base64: `whsec_=` would be an empty one. The text is
 * the key as it is, since Stripe decodes nothing.
 */
const KEY_OF_STRIPE = /^whsec_[\w+/-]{10,}={0,2}$/;

/** What is wrong with a signing secret, in words that do not give it away; nothing when it can be used. */
export function problemOfSecret(secret: unknown): string | undefined {
  if (typeof secret !== 'string' || secret.trim() === '') return 'is blank';
  if (secret !== secret.trim()) return 'has white space around it';
  if (secret.length < LEAST_SECRET_LENGTH) {
    return `is shorter than ${LEAST_SECRET_LENGTH} characters`;
  }
  if (secret.startsWith('whsec_') && !KEY_OF_STRIPE.test(secret)) return 'has no key behind whsec_';
  return undefined;
}

/**
 * Refuses secrets with which anybody could sign (none, blank, short) or nobody (a pasted newline).
 *
 * @throws StripeWebhookError `SECRETS_INVALID`
 */
export function assertSecrets(secrets: readonly string[]): void {
  const problem = problemOfSecrets(secrets);
  if (problem === undefined) return;
  throw new StripeWebhookError('SECRETS_INVALID', problem, {
    help: "Copy it from the endpoint's page at Stripe; it starts with whsec_.",
  });
}

function problemOfSecrets(secrets: unknown): string | undefined {
  if (!Array.isArray(secrets)) return 'The signing secrets are no list.';
  if (secrets.length === 0) return 'There is no signing secret.';
  for (const [at, secret] of secrets.entries()) {
    const problem = problemOfSecret(secret);
    const which = secrets.length === 1 ? 'The signing secret' : `Signing secret ${at + 1}`;
    if (problem !== undefined) return `${which} ${problem}.`;
  }
  return undefined;
}

function assertRaw(body: unknown): asserts body is Uint8Array {
  if (body instanceof Uint8Array) return;
  throw new StripeWebhookError(
    'PAYLOAD_NOT_RAW',
    'The body is not the bytes that were sent, so its signature cannot be checked.',
    { help: 'Verify before any body parser (express.json() and the like) has run.' },
  );
}
