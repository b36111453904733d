import type { Recipient, RecipientVariables, Template } from '../store/message.ts';
import { type BodyBuffer, createBodyBuffer } from './body-buffer.ts';
import { PLACEHOLDER, substituteLine } from './substitute.ts';

/**
 * Changes with every change of this file, `substitute.ts` or the template's shape that could make other
 * bytes from the same rows. The bytes of a call in doubt are kept; where they are lost, only the same
 * renderer may make them again.
 */
export const RENDERER = 3;

/** A recipient with what names it at Resend and in its webhooks. */
export interface AddressedRecipient extends Recipient {
  /** `gb_r`: our id of the recipient. */
  recipientTag: string;
  /** `gb_e`: Ghost's id of the newsletter. */
  emailId: string | null;
}

/** How a template becomes mails. */
export interface RenderSettings {
  /** Mails of their own call instead of a list; there is one then. */
  isSingle: boolean;
  /** The address of a recipient's own open pixel. */
  pixelUrl?: ((recipientTag: string) => string) | undefined;
}

/**
 * The body of `POST /emails/batch`, or of `POST /emails`. The same rows give the same bytes: fields in one
 * order, nothing from a clock or a random source. Resend answers 409 to other bytes under a used key
 * (https://resend.com/docs/dashboard/emails/idempotency-keys). They are in the memory of `body`.
 */
export function renderBatch(
  template: Template,
  recipients: readonly AddressedRecipient[],
  settings: RenderSettings,
  body: BodyBuffer = createBodyBuffer(),
): Buffer {
  for (const whole of renderPieces(template, recipients, settings, body)) return whole;
  return body.bytes();
}

/**
 * The same bytes in pieces of whole mails, each a little longer than `pieceBytes`. A piece is in the memory
 * of `body` until the next is asked for.
 */
export function* renderPieces(
  template: Template,
  recipients: readonly AddressedRecipient[],
  { isSingle, pixelUrl }: RenderSettings,
  body: BodyBuffer,
  pieceBytes = Number.POSITIVE_INFINITY,
): Generator<Buffer> {
  body.clear();
  for (const [index, recipient] of recipients.entries()) {
    if (!isSingle) body.append(index === 0 ? '[' : ',');
    appendMail(body, template, recipient, pixelUrl);
    if (body.bytes().length < pieceBytes) continue;
    yield body.bytes();
    body.clear();
  }
  if (!isSingle) body.append(']');
  yield body.bytes();
}

function appendMail(
  body: BodyBuffer,
  template: Template,
  { address, variables, recipientTag, emailId }: AddressedRecipient,
  pixelUrl: RenderSettings['pixelUrl'],
): void {
  const { from, replyTo, subject, headers, attachments = [] } = template;
  const { html, text } = encode(template);
  const before = {
    from,
    to: [address],
    ...(replyTo !== null && { reply_to: replyTo }),
    subject: substituteLine(subject, variables),
  };
  const after = {
    ...(Object.keys(headers).length > 0 && { headers: renderHeaders(headers, variables) }),
    tags: [
      { name: 'gb_r', value: recipientTag },
      ...(emailId === null ? [] : [{ name: 'gb_e', value: emailId }]),
    ],
    ...(attachments.length > 0 && { attachments }),
  };
  const pixel = pixelUrl ? `<img src="${pixelUrl(recipientTag)}" width="1" height="1" alt="">` : '';
  const values = new Map<Part, Uint8Array>([[PIXEL, encodeInside(pixel)]]);
  body.append(JSON.stringify(before).slice(0, -1));
  for (const [name, parts] of [
    ['html', html],
    ['text', text],
  ] as const) {
    if (parts === null) continue;
    body.append(`,"${name}":"`);
    appendText(body, parts, variables, values);
    body.append('"');
  }
  body.append(`,${JSON.stringify(after).slice(1)}`);
}

/** Where a recipient's pixel goes; no name of a variable, those are words. */
const PIXEL = '';

/** Text as it is inside a string of JSON, the name of a variable, or `PIXEL`. */
type Part = Uint8Array | string;

interface EncodedTemplate {
  html: readonly Part[] | null;
  text: readonly Part[] | null;
}

const encoded = new WeakMap<Template, EncodedTemplate>();

/** Does once for a template what is the same in each of its mails. */
function encode(template: Template): EncodedTemplate {
  const known = encoded.get(template);
  if (known !== undefined) return known;
  const { html, text } = template;
  const made = {
    html: html === null ? null : encodeHtml(html),
    text: text === null ? null : encodeText(text),
  };
  encoded.set(template, made);
  return made;
}

function encodeHtml(html: string): Part[] {
  const end = html.lastIndexOf('</body>');
  if (end === -1) return [...encodeText(html), PIXEL];
  return [...encodeText(html.slice(0, end)), PIXEL, ...encodeText(html.slice(end))];
}

function encodeText(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { index, 0: placeholder, 1: name = '' } of text.matchAll(PLACEHOLDER)) {
    parts.push(encodeInside(text.slice(at, index)), name);
    at = index + placeholder.length;
  }
  parts.push(encodeInside(text.slice(at)));
  return parts;
}

/** `values`: what was encoded already, since a name is often used many times. */
function appendText(
  body: BodyBuffer,
  parts: readonly Part[],
  variables: RecipientVariables,
  values: Map<Part, Uint8Array>,
): void {
  for (const part of parts) {
    if (typeof part !== 'string') {
      body.append(part);
      continue;
    }
    let value = values.get(part);
    if (value === undefined) {
      const given = Object.hasOwn(variables, part) ? variables[part] : undefined;
      value = encodeInside(given ?? `%recipient.${part}%`);
      values.set(part, value);
    }
    body.append(value);
  }
}

/** Pieces that were encoded one by one are together what the whole would be, or read as the same. */
function encodeInside(text: string): Uint8Array {
  return Buffer.from(JSON.stringify(text).slice(1, -1));
}

function renderHeaders(headers: Template['headers'], variables: RecipientVariables) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, substituteLine(value, variables)]),
  );
}
