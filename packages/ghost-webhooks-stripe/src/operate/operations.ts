import { pendingStates, settledStates } from '@prosora/durable';
import { findingSchema, operation, pageInput, pageOf, serviceNumbers } from '@prosora/service';
import * as z from 'zod';
import { eventStates, POSITION } from '../inbox/list.ts';
import { changeTypes } from '../webhook/change.ts';

const time = z.coerce.date().meta({ type: 'string', format: 'date-time' });
const counts = z.record(z.string(), z.number());

const givenTime = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no time, such as 2026-11-29T18:00Z')
  .transform((text) => new Date(text))
  .optional();

/** What chooses events, for lists and for changes alike. */
const filter = {
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(eventStates)))
    .optional()
    .describe(`Of these states, separated by commas: ${eventStates.join(', ')}`),
  type: z.string().optional().describe("Of this type of Stripe's"),
  customer: z.string().optional().describe('Of this customer at Stripe'),
  since: givenTime.describe(
    'That came at this time or later; with `state`, one that was held counts from when it was sent on',
  ),
  until: givenTime.describe('That came before this time'),
};

const choice = z.object({
  ...filter,
  ids: z
    .array(z.string())
    .optional()
    .describe(
      'These events, and no filter; with `state` those alone that are in one of these still',
    ),
  limit: z.coerce.number().int().min(1).optional().describe('So many at most, the newest of them'),
  all: z.boolean().default(false).describe('All that Ghost will not get by itself'),
});
const changed = z.object({
  asked: z.number().describe('How many events were chosen'),
  changed: z.number().describe('For how many of them it could be done'),
});

const eventLine = z.object({
  id: z.string(),
  type: z.string(),
  customer: z.string().nullable(),
  receivedAt: time,
  source: z.enum(['stripe', 'reconcile']),
  state: z.enum(eventStates),
  reason: z.string().nullable().describe('Why it was held or is not done: what Ghost answered'),
  attempts: z.number(),
});

const delivery = z.object({
  sink: z.string().describe('`ghost`, or the name of a handler'),
  state: z.enum([...pendingStates, ...settledStates]),
  reason: z.string().nullable(),
  attempt: z.number(),
  dueAt: time.nullable(),
  attempts: z.array(
    z.object({
      attempt: z.number(),
      startedAt: time,
      endedAt: time,
      outcome: z.enum(['done', 'retry', 'park', 'ambiguous', 'dead', 'lost']),
      reason: z.string().nullable().describe('What Ghost answered'),
    }),
  ),
});

const change = z.object({
  type: z.enum(changeTypes),
  eventId: z.string().describe('The event that says so'),
  at: time,
  customer: z.string().nullable(),
  address: z.string().nullable().describe('Of the member, as far as an event of theirs says it'),
  subscription: z.string().nullable(),
  amount: z.number().nullable().describe("In the currency's smallest unit"),
  currency: z.string().nullable(),
});

const comparison = z.object({
  since: z
    .string()
    .regex(/^([1-9]\d*d|all)$/, 'say since when: 30d, or all')
    .describe(
      'The events of so many days, `30d`; `all` for every subscription, and older events too',
    ),
  products: z
    .string()
    .transform((text) => text.split(','))
    .optional()
    .describe("Products at Stripe whose subscriptions are the site's, separated by commas"),
});
const found = z.object({
  repairs: z.array(
    z.object({
      kind: z.enum(['lost', 'unknown-to-ghost', 'stale-in-ghost']),
      id: z.string().describe('The event that repairs it'),
      type: z.string(),
      subject: z.string().describe('The customer or the object that it is about'),
      why: z.string(),
      outcome: z.enum(['sent', 'gone', 'counted', 'known', 'twin', 'held']).optional(),
    }),
  ),
  notes: z.array(z.string()),
  compared: z.object({ events: z.number(), subscriptions: z.number() }),
});

/** What an operator may ask of the inbox; the verbs, its page and the OpenAPI document are made of this. */
export const operations = {
  status: operation({
    summary: 'Counts events, deliveries by state, handlers and revenue.',
    access: 'read',
    input: z.object({}),
    output: z.object({
      ...serviceNumbers,
      events: z.number(),
      held: counts,
      deliveries: counts,
      sinks: z.record(z.string(), counts),
      mrr: counts,
      oldestPending: time.nullable(),
      clock: z.string().nullable(),
    }),
  }),
  doctor: operation({
    summary: 'Looks at everything that the inbox needs, and says what to do.',
    access: 'read',
    input: z.object({}),
    output: z.object({ findings: z.array(findingSchema) }),
  }),
  events: operation({
    summary:
      'Lists events, newest first. A page may be short, even empty: the last one is that without `next`.',
    access: 'read',
    input: z.object({
      ...pageInput,
      after: z.string().regex(POSITION, 'is no `next` of a page').optional(),
      ...filter,
    }),
    output: pageOf(eventLine),
  }),
  event: operation({
    summary: 'Shows one event with every attempt to deliver it.',
    access: 'read',
    input: z.object({
      id: z.string(),
      payload: z.stringbool().default(false).describe('Whether to show what is in the event'),
    }),
    output: eventLine.extend({
      apiVersion: z.string().nullable(),
      livemode: z.boolean(),
      secretId: z.string(),
      remoteAddress: z.string().nullable(),
      bytes: z.number(),
      twinOf: z.string().nullable(),
      deliveries: z.array(delivery),
      payload: z.string().optional().describe('As Stripe sent it'),
    }),
  }),
  changes: operation({
    summary:
      'Lists what happened to members, newest first, as events say. A page is of so many events, and may have few changes or none: the last one is that without `next`.',
    access: 'read',
    input: z.object({
      ...pageInput,
      after: z.string().regex(POSITION, 'is no `next` of a page').optional(),
      type: z.enum(changeTypes).optional(),
      customer: filter.customer,
      since: filter.since,
      until: filter.until,
    }),
    output: pageOf(change),
  }),
  count: operation({
    summary: 'Counts the events that `replay` or `skip` would take by the same filter.',
    access: 'read',
    input: z.object({
      ...filter,
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(100_000)
        .optional()
        .describe('Where to stop; 10,000 without it'),
      all: z.stringbool().default(false).describe('All that Ghost will not get by itself'),
    }),
    output: z.object({ count: z.number(), isMore: z.boolean().describe('Whether it stopped') }),
  }),
  replay: operation({
    summary:
      'Sends events to Ghost again, oldest first. Of those that a filter finds, one that somebody else has sent on meanwhile is left.',
    access: 'write',
    input: choice,
    output: changed,
  }),
  skip: operation({
    summary: 'Takes events out that Ghost need not get.',
    access: 'write',
    input: choice,
    output: changed,
  }),
  erase: operation({
    summary: 'Says what the inbox has of a reader; with `apply` what is in their events is erased.',
    access: 'write',
    input: z.object({
      address: z.string().regex(/^\S+@\S+$/, 'is no e-mail address'),
      apply: z.boolean().default(false),
    }),
    output: z.object({
      events: z.array(z.string()),
      types: counts,
      customers: z.array(z.string()),
      waiting: z.array(z.string()).describe('Those that somebody still has to get, which stay'),
      erased: z.number().optional(),
      isOverwritten: z.boolean().optional().describe('On disk, too'),
    }),
  }),
  differences: operation({
    summary: 'Says what Stripe has and the inbox or Ghost lacks.',
    access: 'read',
    input: comparison,
    output: found,
  }),
  reconcile: operation({
    summary: 'Puts what is missing into the inbox.',
    access: 'write',
    input: comparison,
    output: found,
  }),
  'trust-clock': operation({
    summary: "Says that the machine's clock is right after it jumped.",
    access: 'write',
    input: z.object({}),
    output: z.object({ isHeard: z.boolean() }),
  }),
};

/** What a comparison found, and what became of it where it was repaired. */
export type Found = z.output<typeof found>;
