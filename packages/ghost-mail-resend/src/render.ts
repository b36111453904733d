import { createHash } from 'node:crypto';
import type { Recipient, Template } from './message.ts';
import { type RecipientVariables, substitute, substituteLine } from './substitute.ts';

/**
 * Changes with every change of this file, `substitute.ts` or the template's shape that could make other
 * bytes from the same rows: a chunk in doubt that was rendered by another version is not sent again.
 */
export const RENDERER = 1;

/** A recipient with what names it at Resend and in its webhooks. */
export interface AddressedRecipient extends Recipient {
  /** `gb_r`: our id of the recipient. */
  recipientTag: string;
  /** `gb_e`: Ghost's id of the newsletter. */
  emailId: string | null;
}

/** A request body and the hash that is stored with its idempotency key. */
export interface RenderedBatch {
  bytes: Buffer;
  sha256: string;
}

/**
 * The body of `POST /emails/batch`. The same rows give the same bytes: fields in one order, nothing from
 * a clock or a random source. Resend answers 409 to other bytes under a used key
 * (https://resend.com/docs/dashboard/emails/idempotency-keys).
 */
export function renderBatch(
  template: Template,
  recipients: readonly AddressedRecipient[],
): RenderedBatch {
  // Mail by mail, since a string of all hundred would be several times as large in memory.
  const pieces = recipients.flatMap((recipient, index) => [
    Buffer.from(index === 0 ? '[' : ','),
    Buffer.from(JSON.stringify(renderMail(template, recipient))),
  ]);
  const bytes = Buffer.concat([...pieces, Buffer.from(']')]);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function renderMail(template: Template, recipient: AddressedRecipient) {
  const { address, variables, recipientTag, emailId } = recipient;
  const { from, replyTo, subject, html, text, headers } = template;
  return {
    from,
    to: [address],
    ...(replyTo !== null && { reply_to: replyTo }),
    subject: substituteLine(subject, variables),
    ...(html !== null && { html: substitute(html, variables) }),
    ...(text !== null && { text: substitute(text, variables) }),
    ...(Object.keys(headers).length > 0 && { headers: renderHeaders(headers, variables) }),
    tags: [
      { name: 'gb_r', value: recipientTag },
      ...(emailId === null ? [] : [{ name: 'gb_e', value: emailId }]),
    ],
  };
}

function renderHeaders(headers: Template['headers'], variables: RecipientVariables) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, substituteLine(value, variables)]),
  );
}
