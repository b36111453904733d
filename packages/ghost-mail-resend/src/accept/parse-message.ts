import * as z from 'zod';
import { Refusal } from '../errors.ts';
import { dropUnsubscribeTag } from '../send/substitute.ts';
import type { Lane, Message, Recipient, RecipientVariables, Template } from '../store/message.ts';
import { splitAddresses } from './address-list.ts';
import type { Form } from './multipart.ts';

const variablesSchema = z.record(
  z.string(),
  z.record(
    z.string(),
    z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]),
  ),
);

// One mailbox, with or without a display name. Resend judges the rest.
const FROM = /^(?:"(?:[^"\\]|\\.)*"\s*|[^<>]*)<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/;
// A mailbox, bare or with a display name in front, on one line.
const ADDRESS =
  /^(?:(?:"(?:[^"\\\r\n]|\\[^\r\n])*"[ \t]*|[^\r\n<>]*)<[^\s<>,"@]+@[^\s<>,"@]+>|(?:"[^"\r\n]+"|[^\s<>,"@]+)@[^\s<>,"@]+)$/;
/** Ghost keeps 191 characters of an address, and a name may stand in front of it. */
const MAX_ADDRESS_CHARS = 512;
/** Ghost sends 1,000 at a time unless `bulkEmail.batchSize` says otherwise; Mailgun takes no more. */
const MAX_RECIPIENTS = 10_000;
// It goes into a tag at Resend, which takes no other characters.
const EMAIL_ID = /^[\w-]{1,128}$/;
const HEADER_NAME = /^[!-9;-~]+$/;
const LINE_BREAK = /[\r\n]/;

/**
 * Reads the parts that Ghost sends (core/server/services/lib/mailgun-client.js, `send`).
 *
 * @throws Refusal 400 with one sentence that says what is wrong.
 */
export function parseMessage(form: Form): Message {
  const one = (name: string): string | undefined => form.get(name)?.[0];
  const template = parseTemplate(form);
  const emailId = one('v:email-id') ?? null;
  if (emailId !== null && !EMAIL_ID.test(emailId)) {
    throw new Refusal(400, '"v:email-id" is not an id of Ghost.');
  }
  const tags = form.get('o:tag') ?? [];
  return {
    template,
    recipients: parseRecipients(form),
    tags,
    lane: laneOf(tags, emailId),
    emailId,
    trackOpens: one('o:tracking-opens') === 'yes',
    deliverAt: parseDeliveryTime(one('o:deliverytime')),
  };
}

function parseTemplate(form: Form): Template {
  const one = (name: string): string | undefined => form.get(name)?.[0] || undefined;
  const from = one('from');
  if (from === undefined) throw new Refusal(400, 'The message has no sender: "from" is missing.');
  if (LINE_BREAK.test(from)) throw new Refusal(400, 'There is a line break in "from".');
  if (!FROM.test(from.trim())) throw new Refusal(400, '"from" is not an address.');
  const html = one('html') ?? null;
  const text = one('text') ?? null;
  if (html === null && text === null)
    throw new Refusal(400, 'The message has neither html nor text.');
  const subject = one('subject') ?? '';
  if (LINE_BREAK.test(subject)) throw new Refusal(400, 'There is a line break in "subject".');

  const { 'Reply-To': replyTo, ...headers } = parseHeaders(form);
  // Resend sets the sender from `from`; Ghost repeats it.
  if (headers['Sender'] === from) delete headers['Sender'];
  const unsubscribe = headers['List-Unsubscribe'];
  if (unsubscribe !== undefined) headers['List-Unsubscribe'] = dropUnsubscribeTag(unsubscribe);
  return { from, replyTo: replyTo || null, subject, html, text, headers };
}

function parseHeaders(form: Form): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [part, [value = '']] of form) {
    if (!part.startsWith('h:')) continue;
    const name = part.slice(2);
    if (!HEADER_NAME.test(name)) throw new Refusal(400, 'A header has a name that is not allowed.');
    if (LINE_BREAK.test(value)) throw new Refusal(400, `There is a line break in header ${name}.`);
    headers[name] = value;
  }
  return headers;
}

function parseRecipients(form: Form): Recipient[] {
  const text = form.get('recipient-variables')?.[0];
  const addresses = [...new Set((form.get('to') ?? []).flatMap(splitAddresses))];
  if (addresses.length === 0) throw new Refusal(400, 'The message has no recipients.');
  if (addresses.length > MAX_RECIPIENTS) {
    throw new Refusal(
      400,
      `The message has more than ${MAX_RECIPIENTS} recipients: send it in parts.`,
    );
  }
  if (addresses.some(({ length }) => length > MAX_ADDRESS_CHARS)) {
    throw new Refusal(400, `An address in "to" has more than ${MAX_ADDRESS_CHARS} characters.`);
  }
  if (addresses.some((address) => LINE_BREAK.test(address))) {
    throw new Refusal(400, 'There is a line break in "to".');
  }
  if (!addresses.some((address) => ADDRESS.test(address))) {
    throw new Refusal(400, 'A recipient in "to" is not an address.');
  }
  const recipientOf = (address: string, variables: RecipientVariables): Recipient => ({
    address,
    variables,
    // Of a thousand members one may be wrong, and the others get their newsletter.
    ...(!ADDRESS.test(address) && { problem: 'This is not an address.' }),
  });
  if (text === undefined) return addresses.map((address) => recipientOf(address, {}));

  const variables = parseVariables(text);
  const named = new Set(addresses);
  if (Object.keys(variables).some((address) => !named.has(address))) {
    throw new Refusal(400, 'The recipient variables name an address that is not in "to".');
  }
  return addresses.map((address) => {
    const own = Object.hasOwn(variables, address) ? variables[address] : undefined;
    if (own === undefined) {
      throw new Refusal(400, 'The recipient variables do not name every recipient in "to".');
    }
    return recipientOf(address, own);
  });
}

function parseVariables(text: string): Record<string, RecipientVariables> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Refusal(400, 'The recipient variables are not JSON.', cause);
  }
  const parsed = variablesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, 'The recipient variables are not an object of objects.', parsed.error);
}

function laneOf(tags: readonly string[], emailId: string | null): Lane {
  if (tags.includes('transactional-email')) return 'transactional';
  return emailId === null ? 'single' : 'newsletter';
}

function parseDeliveryTime(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Refusal(400, `"o:deliverytime" is not a date: ${text}`);
  return new Date(time);
}
