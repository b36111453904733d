import * as z from 'zod';
import { ResendRefusal } from './refusal.ts';

// `email@example.com` or `Name <email@example.com>`, as Resend's message asks for.
const ADDRESS = /^(?:[^<>]*<[^\s<>@,]+@[^\s<>@,]+\.[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+\.[^\s<>@,]+)$/;
const TAG = /^[A-Za-z0-9_-]{1,256}$/;
const MAX_RECIPIENTS = 50;

const addressProblem = (field: string) =>
  `Invalid \`${field}\` field. The email address needs to follow the \`email@example.com\` or \`Name <email@example.com>\` format.`;

const addresses = (field: string) =>
  z
    .union([z.string(), z.array(z.string())], `Invalid \`${field}\` field.`)
    .transform((value) => [value].flat())
    .refine((list) => list.length <= MAX_RECIPIENTS, `Too many recipients in \`${field}\`.`)
    .refine((list) => list.every((item) => ADDRESS.test(item.trim())), addressProblem(field));

const tagSchema = z.object({
  name: z
    .string()
    .regex(TAG, 'Tags should only contain ASCII letters, numbers, underscores, or dashes.'),
  value: z
    .string()
    .regex(TAG, 'Tags should only contain ASCII letters, numbers, underscores, or dashes.'),
});

const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? null);

const mailSchema = z.object({
  from: z
    .string('Missing `from` field.')
    .refine((from) => ADDRESS.test(from.trim()), addressProblem('from')),
  to: addresses('to').refine((list) => list.length > 0, 'Missing `to` field.'),
  cc: optional(addresses('cc')),
  bcc: optional(addresses('bcc')),
  reply_to: optional(addresses('reply_to')),
  subject: z.string('Missing `subject` field.'),
  html: optional(z.string()),
  text: optional(z.string()),
  headers: optional(z.record(z.string(), z.string())),
  tags: optional(z.array(tagSchema)),
  scheduled_at: optional(z.string()),
  attachments: optional(z.array(z.unknown())),
  topic_id: optional(z.string()),
});

/** A mail as the API took it; fields that were left out are null. */
export type MailContent = z.output<typeof mailSchema>;

const REQUIRED = ['from', 'to', 'subject'] as const;

/**
 * Reads one mail of `POST /emails` or of a batch.
 *
 * @throws ResendRefusal 422 with the API's sentence
 */
export function parseMail(body: unknown): MailContent {
  const given = typeof body === 'object' && body !== null ? body : {};
  for (const field of REQUIRED) {
    if (!(field in given)) {
      throw new ResendRefusal(422, 'missing_required_field', `Missing \`${field}\` field.`);
    }
  }
  const parsed = mailSchema.safeParse(given);
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? 'Invalid mail.';
    throw new ResendRefusal(422, 'validation_error', message);
  }
  if (parsed.data.html === null && parsed.data.text === null) {
    throw new ResendRefusal(422, 'missing_required_field', 'Missing `html` or `text` field.');
  }
  return parsed.data;
}

/** The bare address of `Name <address>`. */
export function bareAddress(mailbox: string): string {
  return /<([^<>]+)>\s*$/.exec(mailbox)?.[1] ?? mailbox.trim();
}

/** The domain of a mailbox, in small letters. */
export function domainOf(mailbox: string): string {
  const address = bareAddress(mailbox);
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
