import {
  clockDoubtSchema,
  findingSchema,
  operation,
  pageInput,
  pageOf,
  serviceNumbers,
} from '@prosora/service';
import * as z from 'zod';
import { deadLetterSchema } from '../send/dead-letters.ts';
import { LETTER_KEY } from '../send/lane-dead-letters.ts';

const nothing = z.strictObject({});
const batch = z.string().min(1).max(300).describe('The name of a dead letter');
const page = {
  ...pageInput,
  after: z.string().regex(LETTER_KEY, 'is no `next` of a page').optional(),
};

/** What an operator may ask of a running collector. */
export const operations = {
  status: operation({
    summary: 'Says whether the collector is ready, counts, and says what waits to be sent.',
    access: 'read',
    input: nothing,
    output: z.object({
      ...serviceNumbers,
      spools: z
        .array(z.object({ folder: z.string(), bytes: z.number() }))
        .describe('What waits in each lane of the data folder, other collectors among them'),
      clock: clockDoubtSchema.nullable().describe('How the clock jumped; null when it is believed'),
    }),
  }),
  doctor: operation({
    summary:
      'Walks from the site over the collector to its charts, with the options of the collector, and says what it finds.',
    access: 'read',
    input: nothing,
    output: z.object({ findings: z.array(findingSchema) }),
  }),
  'dead-letters': operation({
    summary:
      'Lists the hits that the upstream does not take, and why, in the order in which each lane gave them up. A page also ends after 1 MiB.',
    access: 'read',
    input: z.strictObject(page),
    output: pageOf(deadLetterSchema),
  }),
  'dead-letter': operation({
    summary: 'Shows the dead letter of a batch.',
    access: 'read',
    input: z.strictObject({ batch }),
    output: deadLetterSchema,
  }),
  replay: operation({
    summary:
      'Sends dead letters again, after what kept them out was mended: one, or a page of them. No letter is begun after 10 s, so ask again with `next` until it is null.',
    access: 'write',
    input: z.strictObject({
      ...page,
      batch: batch.optional().describe('Only the dead letter of this batch'),
      anyway: z
        .boolean()
        .default(false)
        .describe('Also hits that the upstream may have, which doubles them'),
    }),
    output: pageOf(
      z.object({
        batch: z.string(),
        hits: z.number(),
        stays: z.string().nullable().describe('Why it stays; null when it is through'),
      }),
    ),
  }),
  'trust-clock': operation({
    summary:
      "Says that the machine's clock is right after it jumped; the collectors of the data folder hear it within a minute.",
    access: 'write',
    input: nothing,
    output: z.object({
      isHeard: z.boolean().describe('False when no collector has looked at the clock yet'),
    }),
  }),
};
