import {
  clockDoubtSchema,
  findingSchema,
  operation,
  pageInput,
  pageOf,
  serviceNumbers,
} from '@prosora/service';
import * as z from 'zod';

const nothing = z.strictObject({});
const rows = z.number();

const backup = z.object({
  name: z.string(),
  path: z.string().describe('Its folder, on the machine of the engine'),
  createdAt: z.iso.datetime(),
  rows: z.record(z.string(), rows).describe('Rows by table'),
});

/**
 * What an operator may ask of a running engine.
 *
 * Each is answered when it is done, which takes `backup`, `export`, `erase`, `retention` and `confirm` minutes or hours:
 * a caller holds the connection for so long, as `curl` does, and hears how it ended, a failure too. To answer at once
 * with a number would need a list of what is under way, which would be gone after a crash. Whoever loses the
 * connection finds a backup in `backups` and a file where it was asked for, and may ask for the others again.
 */
export const operations = {
  status: operation({
    summary:
      'Says whether the engine is ready, and counts its rows, restarts and waiting requests.',
    access: 'read',
    input: nothing,
    output: z.object({
      ...serviceNumbers,
      clock: clockDoubtSchema
        .nullable()
        .describe('How the clock jumped; null while it is believed'),
    }),
  }),
  doctor: operation({
    summary:
      'Looks at all that the engine needs, with the options that it was started with, and says what it finds.',
    access: 'read',
    input: nothing,
    output: z.object({ findings: z.array(findingSchema) }),
  }),
  backups: operation({
    summary: 'Lists the backups that are there, oldest first.',
    access: 'read',
    input: z.strictObject({
      ...pageInput,
      after: z
        .string()
        .regex(/^\d{4,}-[\dTZ-]+$/, 'is no `next` of a page')
        .optional(),
    }),
    output: pageOf(backup),
  }),
  backup: operation({
    summary: 'Copies everything while the engine serves. Answers when the copy is whole.',
    access: 'write',
    input: nothing,
    output: backup,
  }),
  export: operation({
    summary:
      'Writes a table to a new file while the engine serves. Answers when the file is whole.',
    access: 'write',
    input: z.strictObject({
      table: z.string().min(1),
      file: z
        .string()
        .min(1)
        .describe(
          'Absolute path on the machine of the engine, which may be written there: it ends in .ndjson or .parquet, and .gz or .zst after it compresses',
        ),
    }),
    output: z.object({ rows }),
  }),
  retention: operation({
    summary:
      "Removes old events now, and says that the machine's clock is right. What views derived from them stays.",
    access: 'write',
    input: z.strictObject({
      months: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe('How many whole months stay; without it as many as the engine keeps'),
    }),
    output: z.object({
      removed: z.array(z.object({ table: z.string(), month: z.string().describe('YYYYMM'), rows })),
    }),
  }),
  erase: operation({
    summary:
      'Says where page views name a member, and with isSure puts nobody in their place; the page views stay.',
    access: 'write',
    input: z.strictObject({
      member: z.guid('is not the UUID of a member').describe('The id that Ghost gave them'),
      isSure: z.boolean().default(false),
    }),
    output: z.object({
      found: z.array(z.object({ table: z.string(), columns: z.array(z.string()), rows })),
      copies: z.array(z.string()).describe('Folders that are not changed and may name the member'),
    }),
  }),
  'trust-clock': operation({
    summary:
      "Says that the machine's clock is right after it jumped; the engine hears it within a minute.",
    access: 'write',
    input: nothing,
    output: z.object({
      isHeard: z.boolean().describe('False when no engine has looked at the clock yet'),
    }),
  }),
  confirm: operation({
    summary: 'Gives up the tables that an upgrade of the datafiles kept as they were.',
    access: 'write',
    input: nothing,
    output: z.object({ tables: z.array(z.string()) }),
  }),
};
