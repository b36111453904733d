import PostalMime, { type Address, type Email } from 'postal-mime';
import { Refusal } from '../errors.ts';
import type { Attachment, Message } from '../store/message.ts';

/** Headers that Resend writes itself, or that belong to the way the mail came. */
const DROPPED = new Set([
  'from',
  'to',
  'cc',
  'bcc',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'sender',
  'received',
  'return-path',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
  'dkim-signature',
]);

/**
 * Reads a mail as Ghost's nodemailer wrote it: both texts, files and headers such as List-Unsubscribe are
 * kept. Each of `recipients`, the envelope's, gets a mail of its own.
 *
 * @throws Refusal 550 with one sentence that says what is wrong
 */
export async function parseSmtpMessage(
  bytes: Uint8Array,
  recipients: readonly string[],
): Promise<Message> {
  const mail = await PostalMime.parse(bytes, { attachmentEncoding: 'base64' });
  const from = addressOf(mail.from);
  if (from === undefined) throw new Refusal(550, 'The mail has no sender: "From" is missing.');
  const html = mail.html?.trim() ? mail.html : null;
  const text = mail.text?.trim() ? mail.text : null;
  if (html === null && text === null) throw new Refusal(550, 'The mail has neither html nor text.');
  return {
    template: {
      from,
      replyTo: mail.replyTo?.map(addressOf).find((address) => address !== undefined) ?? null,
      subject: (mail.subject ?? '').replace(/[\r\n]+\s*/g, ' '),
      html,
      text,
      headers: headersOf(mail),
      attachments: mail.attachments.map(attachmentOf),
    },
    recipients: recipients.map((address) => ({ address, variables: {} })),
    tags: ['ghost-email', 'transactional-email'],
    lane: 'transactional',
    emailId: null,
    trackOpens: false,
    deliverAt: null,
  };
}

function addressOf(address: Address | undefined): string | undefined {
  if (address?.address === undefined || address.address === '') return undefined;
  const name = address.name.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, '\\$&');
  return name === '' ? address.address : `"${name}" <${address.address}>`;
}

function headersOf({ headers }: Email): Record<string, string> {
  const kept = headers.filter(({ key }) => !DROPPED.has(key));
  return Object.fromEntries(
    kept.map(({ originalKey, value }) => [originalKey, value.replace(/[\r\n]+\s*/g, ' ')]),
  );
}

function attachmentOf({
  filename,
  mimeType,
  contentId,
  content,
}: Email['attachments'][number]): Attachment {
  return {
    filename: filename ?? 'attachment',
    content: String(content),
    content_type: mimeType,
    ...(contentId && { content_id: contentId.replace(/^<|>$/g, '') }),
  };
}
