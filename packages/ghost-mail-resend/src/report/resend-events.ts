import * as z from 'zod';
import type { MailEvent } from '../store/mail-event.ts';

/** The parts of a webhook of Resend that matter here: https://resend.com/docs/dashboard/webhooks/event-types */
export const resendEventSchema = z.object({
  type: z.string(),
  created_at: z.string(),
  data: z.object({
    email_id: z.string().optional(),
    tags: z.record(z.string(), z.string()).optional(),
    bounce: z
      .object({
        type: z.string().default('Undetermined'),
        subType: z.string().default('General'),
        message: z.string().default('Bounced.'),
        diagnosticCode: z.array(z.string()).default([]),
      })
      .optional(),
    failed: z.object({ reason: z.string() }).optional(),
    suppressed: z
      .object({
        message: z.string().optional(),
        reason: z.string().optional(),
        type: z.string().optional(),
      })
      .optional(),
  }),
});

/** A webhook of Resend, parsed. */
export type ResendEvent = z.output<typeof resendEventSchema>;

/** What a webhook comes to: events for Ghost, or a mail that was not sent for want of quota. */
export type Mapped = { events: readonly MailEvent[] } | { requeue: true };

type Data = ResendEvent['data'];

/** Mailgun's codes for an address on a suppression list: the only ones on which Ghost stops mailing it. */
const SUPPRESSED_BOUNCE = 605;
const SUPPRESSED_COMPLAINT = 607;

/** Ghost keeps at most this much of a message (mailgun-client.js, normalizeEvent). */
const MAX_REASON = 2_000;

/** Facts of the mapping: by the webhook's type, what Ghost is told. Types that are not here mean nothing to it. */
const MAPPINGS: Readonly<Record<string, (data: Data) => Mapped>> = {
  'email.delivered': () => ({ events: [{ type: 'delivered', kind: 'delivered' }] }),
  'email.opened': () => ({ events: [{ type: 'opened', kind: 'opened' }] }),
  'email.complained': () => ({ events: [{ type: 'complained', kind: 'complained' }] }),
  'email.delivery_delayed': () => ({
    events: [
      {
        type: 'failed',
        kind: 'delayed',
        severity: 'temporary',
        code: 450,
        reason: 'Delivery is delayed; Resend goes on trying.',
      },
    ],
  }),
  'email.bounced': ({ bounce }) => ({ events: bounce ? bounced(bounce) : [bouncedWithoutDetails] }),
  'email.suppressed': ({ suppressed }) => ({ events: [suppressedAddress(suppressed)] }),
  'email.failed': ({ failed }) => {
    const reason = failed?.reason ?? 'Resend could not send the mail.';
    if (/^reached_\w+_quota$/.test(reason)) return { requeue: true };
    return { events: [permanent('failed', 550, reason)] };
  },
};

/** Whether a type of webhook means anything to Ghost. */
export function isMapped(type: string): boolean {
  return Object.hasOwn(MAPPINGS, type);
}

/** What a webhook means for Ghost; undefined for a type that means nothing to it. */
export function mapResendEvent({ type, data }: ResendEvent): Mapped | undefined {
  return isMapped(type) ? MAPPINGS[type]?.(data) : undefined;
}

const bouncedWithoutDetails = permanent('failed', 550, 'Bounced.');

/**
 * Resend has given up in every case. A permanent bounce also puts the address on Resend's suppression
 * list at once, so Ghost is told that too; a full mailbox does not, so its member stays enabled.
 */
function bounced(bounce: NonNullable<Data['bounce']>): MailEvent[] {
  if (bounce.subType === 'Suppressed' || bounce.subType === 'OnAccountSuppressionList') {
    return [permanent('suppressed', SUPPRESSED_BOUNCE, bounce.message)];
  }
  const { code, enhancedCode } = parseDiagnostic(bounce.diagnosticCode);
  const failure = { ...permanent('failed', code, bounce.message), enhancedCode };
  if (bounce.type !== 'Permanent') return [failure];
  return [failure, permanent('suppressed', SUPPRESSED_BOUNCE, bounce.message)];
}

function suppressedAddress(suppressed: Data['suppressed']): MailEvent {
  const isComplaint = suppressed?.reason === 'previous_complaint';
  const reason = suppressed?.message ?? 'The address is on the suppression list of Resend.';
  return permanent('suppressed', isComplaint ? SUPPRESSED_COMPLAINT : SUPPRESSED_BOUNCE, reason);
}

/** Reads `smtp; 550 5.1.1 user unknown`; 550 where no line has a code. */
function parseDiagnostic(lines: readonly string[]) {
  for (const line of lines) {
    const match = /\b([45]\d\d)(?:[ -]+([245]\.\d{1,3}\.\d{1,3}))?\b/.exec(line);
    if (match) return { code: Number(match[1]), enhancedCode: match[2] ?? null };
  }
  return { code: 550, enhancedCode: null };
}

function permanent(kind: string, code: number, reason: string): MailEvent {
  const text = reason.trim().slice(0, MAX_REASON) || 'Failed.';
  return { type: 'failed', kind, severity: 'permanent', code, reason: text };
}
