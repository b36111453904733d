import { findingSchema, operation, serviceNumbers } from '@prosora/service';
import * as z from 'zod';
import { edgeCounts } from './edge-counts.ts';

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

/** A backup in a list. */
export type ListedBackup = z.input<typeof listed>;

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
