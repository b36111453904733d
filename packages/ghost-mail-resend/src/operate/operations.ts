import { pendingStates, settledStates } from '@prosora/durable';
import { findingSchema, operation, pageInput, pageOf, serviceNumbers } from '@prosora/service';
import * as z from 'zod';
import { JOB_KEY } from './lists/jobs.ts';
import { SUPPRESSION_KEY } from './lists/suppressions.ts';

const time = z.iso.datetime();
const emailId = z.string().min(1).describe("Ghost's id of the newsletter");
const address = z.string().refine((text) => text.includes('@'), 'expected the address of a reader');
const decision = z.enum(['paused', 'canceled']).nullable();
const recipientState = z.enum(['queued', 'sent', 'failed', 'unknown', 'canceled']);
const lane = z.enum(['transactional', 'single', 'newsletter']);
const jobState = z.enum([...pendingStates, ...settledStates]);
const eventType = z.enum(['delivered', 'opened', 'failed', 'complained']);
const period = {
  since: time.optional().describe('At this time or later'),
  until: time.optional().describe('Before this time'),
};
const mailId = z
  .string()
  .regex(/^[0-9a-f]{27,40}-\d{1,7}$/, 'expected the id of a mail')
  .describe('What the tag gb_r of the mail at Resend says');

/** Where a page begins, which only `next` of the page before says. */
const keyLike = (shape: RegExp | typeof mailId) =>
  (shape instanceof RegExp ? z.string().regex(shape, 'expected `next` of a page before') : mailId)
    .optional()
    .describe('`next` of the page before');

const subject = z
  .string()
  .nullable()
  .describe('With `%recipient.x%` still in it; null where the text was forgotten');

const newsletter = z.object({
  emailId,
  site: z.string(),
  acceptedAt: time,
  subject,
  decision,
});

const progress = newsletter.omit({ site: true }).extend({
  accepted: z.number(),
  queued: z.number(),
  sent: z.number(),
  unknown: z.number(),
  canceled: z.number(),
  delivered: z.number(),
  opened: z.number(),
  failed: z.number(),
  complained: z.number(),
  rate: z.number().describe('Mails a second in the last minute'),
  doneAt: time.nullable().describe('When the last one leaves, at the present rate'),
  waits: z
    .object({
      state: jobState,
      attempts: z.number(),
      dueAt: time,
      reason: z.string().nullable().describe('Why the last try did not end well'),
    })
    .nullable()
    .describe('The call to Resend that tells why mails of it wait; null when none do'),
});

const recipient = z.object({
  id: mailId,
  address: z.string(),
  emailId,
  state: recipientState,
  resendId: z.string().nullable(),
  events: z.array(z.string()),
  code: z.number().nullable(),
  reason: z.string().nullable(),
});

const mail = z.object({
  id: mailId,
  site: z.string(),
  lane,
  emailId: emailId.nullable(),
  address: z.string(),
  state: recipientState,
  acceptedAt: time,
  sentAt: time.nullable(),
  resendId: z.string().nullable(),
});

const listedMail = mail.extend({
  events: z.array(z.string()).describe('What was heard of it, oldest first'),
});

const event = z.object({
  type: z.string(),
  kind: z.string(),
  at: time.describe("By Resend's clock"),
  toldAt: time.describe('When Ghost can read it'),
  severity: z.enum(['permanent', 'temporary']).nullable(),
  code: z.number().nullable(),
  reason: z.string().nullable(),
  bot: z.string().nullable(),
});

const mailInFull = mail.extend({
  domain: z.string(),
  deliverAt: time.nullable(),
  chunk: z
    .object({ id: z.string(), state: z.string(), calledAt: time.nullable() })
    .nullable()
    .describe('The call to Resend that the mail is in'),
  attempts: z.array(
    z.object({
      startedAt: time,
      endedAt: time,
      outcome: z.string(),
      reason: z.string().nullable(),
    }),
  ),
  events: z.array(event),
});

const job = z.object({
  id: z.string(),
  queue: z.string(),
  state: jobState,
  emailId: emailId.nullable(),
  addedAt: time,
  dueAt: time,
  settledAt: time.nullable(),
  attempts: z.number(),
  reason: z.string().nullable(),
});

const traces = z.object({
  recipients: z.number(),
  events: z.number(),
  texts: z.number(),
  notes: z.number(),
  inDoubt: z.number(),
  suppressed: z.number(),
});

const decided = z.object({ emailId, recipients: z.number() });

/** What needs no more than the store, so that a verb can also do it where no bridge runs. */
export const storeOperations = {
  status: operation({
    summary: 'Says what waits, how fast Resend lets mails leave, and what is alarming.',
    access: 'read',
    input: z.object({}),
    output: z.object({
      ...serviceNumbers,
      chunks: z.record(z.string(), z.number()).describe('Those that are not sent, by their state'),
      oldestWaitingAt: time.nullable(),
      limit: z.number().describe('Calls to Resend in a second'),
      heldUntil: time.nullable().describe('No call begins before'),
      lastWebhookAt: time.nullable(),
      alarms: z.array(z.string()),
    }),
  }),
  newsletters: operation({
    summary: 'Lists newsletters, the newest first.',
    access: 'read',
    input: z.object({
      ...pageInput,
      site: z.string().optional(),
      ...period,
      progress: z.stringbool().default(false).describe('Whether to say how far each of them is'),
    }),
    output: pageOf(
      newsletter.extend({ progress: progress.nullable().describe('Null unless it was asked for') }),
    ),
  }),
  newsletter: operation({
    summary: 'Says how far a newsletter is.',
    access: 'read',
    input: z.object({ emailId }),
    output: progress,
  }),
  recipients: operation({
    summary:
      'Lists the recipients of a newsletter and what became of them. With a filter a page may have fewer than asked for: the list ends where `next` is null.',
    access: 'read',
    input: z.object({
      ...pageInput,
      after: keyLike(mailId),
      emailId,
      state: recipientState.optional(),
      event: eventType.optional().describe('Only those of whom Ghost was told this'),
    }),
    output: pageOf(recipient),
  }),
  mails: operation({
    summary:
      'Lists sign-in and staff mails, or test mails, automations and gifts, the newest first, without their texts. With a filter a page may have fewer than asked for: the list ends where `next` is null.',
    access: 'read',
    input: z.object({
      ...pageInput,
      after: keyLike(mailId),
      lane: lane.exclude(['newsletter']).default('transactional'),
      site: z.string().optional(),
      state: recipientState.optional(),
      ...period,
    }),
    output: pageOf(listedMail),
  }),
  reader: operation({
    summary: 'Lists the mails to an address, written as Ghost has it, the newest first.',
    access: 'read',
    input: z.object({ ...pageInput, after: keyLike(mailId), address }),
    output: pageOf(listedMail),
  }),
  mail: operation({
    summary: 'Shows a mail step by step, without its text.',
    access: 'read',
    input: z.object({ id: mailId }),
    output: mailInFull,
  }),
  jobs: operation({
    summary:
      'Lists chunks and other jobs by their state; those that were given up, unless told otherwise.',
    access: 'read',
    input: z.object({
      ...pageInput,
      after: keyLike(JOB_KEY),
      state: jobState.optional(),
      ...period,
    }),
    output: pageOf(job),
  }),
  suppressions: operation({
    summary:
      'Lists the hashes of addresses that sites hold on the suppression list of Resend. With a site a page may have fewer than asked for: the list ends where `next` is null.',
    access: 'read',
    input: z.object({
      ...pageInput,
      after: keyLike(SUPPRESSION_KEY),
      site: z.string().optional(),
      address: address.optional(),
    }),
    output: pageOf(z.object({ addressHash: z.string(), site: z.string(), since: time })),
  }),
  traces: operation({
    summary: 'Says what the store has of a reader. Looks at every mail, so it takes a while.',
    access: 'read',
    input: z.object({ address }),
    output: traces,
  }),
  erase: operation({
    summary: 'Takes a reader out of the store. Looks at every mail, so it takes a while.',
    access: 'write',
    input: z.object({ address }),
    output: traces,
  }),
  pause: operation({
    summary: 'Holds a newsletter back, and says how many recipients wait.',
    access: 'write',
    input: z.object({ emailId }),
    output: decided,
  }),
  resume: operation({
    summary: 'Lets a newsletter go on, and says how many recipients wait.',
    access: 'write',
    input: z.object({ emailId }),
    output: decided,
  }),
  cancel: operation({
    summary: 'Ends a newsletter for good, and says how many recipients get nothing.',
    access: 'write',
    input: z.object({ emailId }),
    output: decided,
  }),
  replay: operation({
    summary: 'Tries jobs again that were given up; what may have been sent is never sent again.',
    access: 'write',
    input: z.object({ ids: z.array(z.string()).min(1) }),
    output: z.object({
      again: z.array(z.string()),
      asked: z.array(z.string()).describe('May have been sent: Resend is asked once more'),
      missing: z.array(z.string()),
    }),
  }),
  trustClock: operation({
    summary: "Says that the machine's clock is right.",
    access: 'write',
    input: z.object({}),
    output: z.object({ machines: z.number() }),
  }),
};

/** The operator API of a running bridge. */
export const mailOperations = {
  ...storeOperations,
  doctor: operation({
    summary: 'Looks at what keeps mail from going out or its events from coming in.',
    access: 'read',
    input: z.object({}),
    output: z.object({ findings: z.array(findingSchema) }),
  }),
};
