import type { Recipient, Template } from '../store/message.ts';

/** Resend's limit for one call of `POST /emails/batch`. */
const MAX_MAILS = 100;

/** Resend takes 40 MB a mail and does not say how much a call: half of that is safe and holds 100 newsletters of 100 kB, each counted twice for what is filled in. */
const MAX_BYTES = 20 * 1024 * 1024;

/**
 * Splits recipients into the calls they will be sent in, in order: at most 100 each, fewer where the
 * template is so large that 100 copies would make a body above 20 MB.
 */
export function formChunks<R extends Recipient>(
  template: Template,
  recipients: readonly R[],
): R[][] {
  const mailBytes = 2 * Buffer.byteLength(JSON.stringify(template));
  const perChunk = Math.max(1, Math.min(MAX_MAILS, Math.floor(MAX_BYTES / mailBytes)));
  const chunks: R[][] = [];
  for (let at = 0; at < recipients.length; at += perChunk) {
    chunks.push(recipients.slice(at, at + perChunk));
  }
  return chunks;
}
