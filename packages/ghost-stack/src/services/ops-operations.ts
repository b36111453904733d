import { findingSchema, operation, pageInput, serviceNumbers } from '@prosora/service';
import * as z from 'zod';
import { LEVELS } from '../logs/log-lines.ts';
import { edgeCounts } from './edge-counts.ts';
import { ghostJobs } from './ghost-jobs.ts';
import { siteMedia } from './media.ts';

const nothing = z.strictObject({});
const time = z.iso.datetime();
const noted = z.object({ run: z.string(), at: z.string() }).optional();
const listed = z.object({
  run: z.string(),
  number: z.number().describe('Higher than that of every earlier one'),
  takenAt: time,
  isProven: z.boolean(),
  isDoubtful: z.boolean(),
});
const alert = z.object({
  name: z.string(),
  severity: z.string().describe('page wakes somebody, note waits for the day'),
  summary: z.string(),
  command: z.string().describe('What shows more'),
  runbook: z.string().describe('The page that says what to do'),
  since: z.string(),
  isTold: z.boolean().describe('Whether it reached anybody'),
});
const found = z.object({ findings: z.array(findingSchema) });
const begun = z.object({ isNext: z.boolean().describe('False while another run has to end') });

const part = z.object({
  part: z.string(),
  isWell: z.boolean(),
  state: z.string().describe('In Docker’s words'),
});
const drilled = z.object({
  run: z.string().describe('The backup that was restored'),
  beganAt: time,
  endedAt: time,
  isProven: z.boolean(),
  findings: z.array(findingSchema),
});
const updated = z.object({
  number: z.number(),
  beganAt: time,
  endedAt: time.nullable(),
  step: z.string().describe('How far it came'),
  outcome: z
    .enum(['taken', 'undone', 'refused'])
    .nullable()
    .describe('In place, the former images are back, or the site was not touched'),
  reason: z.string().nullable().describe('Why it did not end well'),
  changes: z.array(z.object({ services: z.array(z.string()), from: z.string(), to: z.string() })),
  backup: z.string().nullable().describe('The one that it may go back to'),
  rehearsal: z
    .object({
      bootMs: z.number().describe('How long the new Ghost took until it answered'),
      migrates: z.boolean().describe('Whether it changes the database'),
      findings: z.array(findingSchema),
    })
    .nullable(),
  watched: z
    .object({ requests: z.number(), errors: z.number() })
    .nullable()
    .describe('What the edge counted afterwards'),
  words: z.array(z.string()).describe('As `prosora history` says it'),
});
const line = z.object({
  service: z.string(),
  time: z.string().describe('With nanoseconds'),
  level: z.enum(LEVELS),
  text: z.string().describe('4 KB of it at most'),
});

/** More make no page, and more than so long before and after no moment. */
const MOST_LINES = 1_000;
const MOST_MINUTES = 60;
/** The name of a service; a word that begins otherwise would be read as a flag. */
const service = z.string().regex(/^[a-z][a-z-]{0,30}$/, 'use the name of a service, such as mail');

/** A backup in a list. */
export type ListedBackup = z.input<typeof listed>;
/** An update in a list. */
export type ListedUpdate = z.input<typeof updated>;

/** What an operator may ask of the service `ops`. */
export const opsOperations = {
  status: operation({
    summary:
      'Says what was done last, what runs and what is next, and what is known of the backups.',
    access: 'read',
    input: nothing,
    output: z.object({
      ...serviceNumbers,
      jobs: z.array(
        z.object({
          name: z.string(),
          endedAt: time.nullable().describe('Of the last run'),
          failure: z.string().nullable().describe('Why that failed; null when it did not'),
          nextAt: time.nullable().describe('By the timetable; null for never'),
        }),
      ),
      running: z.object({ job: z.string(), since: time }).nullable(),
      backups: z.object({ newest: noted, proven: noted.describe('By a drill') }),
    }),
  }),
  doctor: operation({
    summary: 'Says what the service finds of its jobs, and whether anybody is told.',
    access: 'read',
    input: nothing,
    output: found,
  }),
  examine: operation({
    summary: 'Examines the whole stack, as `prosora doctor` does.',
    access: 'read',
    input: nothing,
    output: found,
  }),
  alerts: operation({
    summary: 'Lists the alerts that are open.',
    access: 'read',
    input: nothing,
    output: z.object({ items: z.array(alert) }),
  }),
  edge: operation({
    summary: 'Says what came to the edge in the hour that is over.',
    access: 'read',
    input: nothing,
    output: z.object({ past: edgeCounts.nullable().describe('null while too little is known') }),
  }),
  backups: operation({
    summary: 'Lists the backups that are whole, oldest first.',
    access: 'read',
    input: nothing,
    output: z.object({ items: z.array(listed) }),
  }),
  drills: operation({
    summary: 'Lists what drills found, the newest first, as `prosora drill list` does.',
    access: 'read',
    input: nothing,
    output: z.object({ items: z.array(drilled) }),
  }),
  updates: operation({
    summary: 'Lists the updates and how each went, the newest first, as `prosora history` does.',
    access: 'read',
    input: nothing,
    output: z.object({ items: z.array(updated) }),
  }),
  parts: operation({
    summary: 'Says of every part that the stack should have how it is.',
    access: 'read',
    input: nothing,
    output: z.object({ items: z.array(part) }),
  }),
  jobs: operation({
    summary: 'Lists what Ghost has to do and what it gave up, as `prosora jobs` does.',
    access: 'read',
    input: z.strictObject({
      state: z
        .string()
        .regex(/^[a-z]+$/, 'use a state, such as dead')
        .optional()
        .describe('Only in this one; without it what is not over, and dead letters'),
      queue: z.string().max(200).optional().describe('Only of this one'),
      ...pageInput,
    }),
    output: ghostJobs,
  }),
  media: operation({
    summary: 'Says where media are, what is used and what failed, as `prosora media` does.',
    access: 'read',
    input: z.strictObject({
      examine: z
        .stringbool()
        .default(false)
        .describe('Has the adapter’s doctor look too, which uploads three small files'),
    }),
    output: siteMedia,
  }),
  logs: operation({
    summary: 'Shows what a service said around a moment, as `prosora logs --around` does.',
    access: 'read',
    input: z.strictObject({
      service,
      at: time.describe('The moment'),
      minutes: z.coerce
        .number()
        .int()
        .min(1)
        .max(MOST_MINUTES)
        .default(5)
        .describe('So many before it and after it'),
      match: z.string().max(200).optional().describe('Lines with this text alone'),
      level: z.enum(LEVELS).optional().describe('That and what is worse'),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(MOST_LINES)
        .default(200)
        .describe('How many at most: those that are nearest to the moment'),
    }),
    output: z.object({ items: z.array(line) }),
  }),
  backup: operation({
    summary: 'Has a backup taken; `status` says how it went.',
    access: 'write',
    input: nothing,
    output: begun,
  }),
  drill: operation({
    summary: 'Has the newest backup restored where nobody sees it; `status` says how it went.',
    access: 'write',
    input: nothing,
    output: begun,
  }),
};
