import { findingSchema, operation, serviceNumbers } from '@prosora/service';
import * as z from 'zod';

const time = z.coerce.date().meta({ type: 'string', format: 'date-time' });

/** What an operator may ask of the service; the verbs and the OpenAPI document are made of this. */
export const operations = {
  status: operation({
    summary: 'Says what waits to be purged, since when, and how it goes.',
    access: 'read',
    input: z.object({}),
    output: z.object({
      ...serviceNumbers,
      waiting: z.number().describe('Changes that are not purged everywhere yet'),
      oldest: time.nullable().describe('When the first of them came'),
      lastPurged: time.nullable().describe('When a purge last ended well'),
      manner: z
        .enum(['invalidate', 'purge'])
        .nullable()
        .describe('Whether pages are marked as old or taken out; null where none runs'),
      problem: z.string().nullable().describe('Why the last attempt did not end well'),
      dead: z.number().describe('Purges that were given up after a day'),
    }),
  }),
  dead: operation({
    summary: 'Lists purges that were given up.',
    access: 'read',
    input: z.object({}),
    output: z.object({
      items: z.array(
        z.object({ id: z.string(), givenUpAt: time.nullable(), reason: z.string().nullable() }),
      ),
    }),
  }),
  doctor: operation({
    summary: 'Looks at everything between Ghost and readers, and says what to do.',
    access: 'read',
    input: z.object({}),
    output: z.object({ findings: z.array(findingSchema) }),
  }),
  purge: operation({
    summary: 'Says that the site changed: everywhere, or at these paths.',
    access: 'write',
    input: z.object({
      paths: z
        .array(z.string().startsWith('/'))
        .optional()
        .describe('As in `X-Cache-Invalidate`; without any, everything'),
    }),
    output: z.object({ id: z.string(), paths: z.union([z.literal('/*'), z.array(z.string())]) }),
  }),
  replay: operation({
    summary: 'Tries again what was given up.',
    access: 'write',
    input: z.object({
      ids: z.array(z.string()).optional().describe('These; without any, all'),
    }),
    output: z.object({ replayed: z.array(z.string()) }),
  }),
};
