import { sha256Of } from './frozen-body.ts';
import type { Recipient, Template } from './message.ts';
import { type RecipientVariables, substitute, substituteLine } from './substitute.ts';

/**
 * Changes with every change of this file, `substitute.ts` or the template's shape that could make other
 * bytes from the same rows. The bytes of a call in doubt are kept; where they are lost, only the same
 * renderer may make them again.
 */
export const RENDERER = 2;

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

/** How a template becomes mails. */
export interface RenderSettings {
  /** Mails of their own call instead of a list; there is one then. */
  isSingle: boolean;
  /** The address of a recipient's own open pixel. */
  pixelUrl?: ((recipientTag: string) => string) | undefined;
}

/**
 * The body of `POST /emails/batch`, or of `POST /emails`. The same rows give the same bytes: fields in one order, nothing from
 * a clock or a random source. Resend answers 409 to other bytes under a used key
 * (https://resend.com/docs/dashboard/emails/idempotency-keys).
 */
export function renderBatch(
  template: Template,
  recipients: readonly AddressedRecipient[],
  { isSingle, pixelUrl }: RenderSettings,
): RenderedBatch {
  // Mail by mail, since a string of all hundred would be several times as large in memory.
  const pieces = recipients.flatMap((recipient, index) => [
    Buffer.from(index === 0 ? '[' : ','),
    Buffer.from(JSON.stringify(renderMail(template, recipient, pixelUrl))),
  ]);
  const bytes = isSingle
    ? Buffer.concat(pieces.slice(1))
    : Buffer.concat([...pieces, Buffer.from(']')]);
  return { bytes, sha256: sha256Of(bytes) };
}

function renderMail(
  template: Template,
  recipient: AddressedRecipient,
  pixelUrl: RenderSettings['pixelUrl'],
) {
  const { address, variables, recipientTag, emailId } = recipient;
  const { from, replyTo, subject, html, text, headers, attachments = [] } = template;
  const pixel = pixelUrl ? `<img src="${pixelUrl(recipientTag)}" width="1" height="1" alt="">` : '';
  return {
    from,
    to: [address],
    ...(replyTo !== null && { reply_to: replyTo }),
    subject: substituteLine(subject, variables),
    ...(html !== null && { html: withPixel(substitute(html, variables), pixel) }),
    ...(text !== null && { text: substitute(text, variables) }),
    ...(Object.keys(headers).length > 0 && { headers: renderHeaders(headers, variables) }),
    tags: [
      { name: 'gb_r', value: recipientTag },
      ...(emailId === null ? [] : [{ name: 'gb_e', value: emailId }]),
    ],
    ...(attachments.length > 0 && { attachments }),
  };
}

function withPixel(html: string, pixel: string): string {
  const end = html.lastIndexOf('</body>');
  return end === -1 ? html + pixel : html.slice(0, end) + pixel + html.slice(end);
}

function renderHeaders(headers: Template['headers'], variables: RecipientVariables) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, substituteLine(value, variables)]),
  );
}
