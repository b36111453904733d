import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../errors.ts';

/** The three headers that sign a webhook. */
export interface WebhookHeaders {
  id: string;
  /** Seconds since 1970. */
  timestamp: string;
  /** `v1,<base64>`, several separated by spaces. */
  signature: string;
}

/** Two names for the same three: Svix's own, which Resend sends, and those of Standard Webhooks. */
const PREFIXES = ['svix', 'webhook'] as const;
const SIGNATURE_VERSION = 'v1,';

/**
 * Finds the three headers, all of one name.
 *
 * @throws Refusal 400 when they are not there
 */
export function webhookHeaders(headers: IncomingHttpHeaders): WebhookHeaders {
  for (const prefix of PREFIXES) {
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map(
      (name) => headers[`${prefix}-${name}`],
    );
    if (id && timestamp && signature) {
      return { id: String(id), timestamp: String(timestamp), signature: String(signature) };
    }
  }
  throw new Refusal(
    400,
    'The headers svix-id, svix-timestamp and svix-signature are needed, or the same with webhook-.',
  );
}

/**
 * Checks that one of the secrets made the signature over the raw bytes, at whatever time: a clock that is wrong
 * is told apart from a secret that is. Returns the time that was signed, in ms since 1970.
 *
 * @throws Refusal 401 when none did
 */
export function verifySignature(
  body: Uint8Array,
  { id, timestamp, signature }: WebhookHeaders,
  secrets: readonly string[],
): number {
  if (secrets.length === 0) {
    throw new Refusal(401, 'The bridge has no signing secret yet: run "prosora-mail setup".');
  }
  const given = signature.split(' ').map((each) => Buffer.from(each));
  const isOurs = secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const hash = createHmac('sha256', key)
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest('base64');
    // As text: read as base64, what is added to a signature would be overlooked.
    const expected = Buffer.from(SIGNATURE_VERSION + hash);
    return given.some((each) => each.length === expected.length && timingSafeEqual(each, expected));
  });
  if (!isOurs || !/^\d{1,12}$/.test(timestamp)) {
    throw new Refusal(401, 'The signature of the webhook does not fit.');
  }
  return Number(timestamp) * 1_000;
}
