import * as z from 'zod';

/** A `Finding` of a doctor, as the operator API answers it. */
export const findingSchema = z.object({
  name: z.string().describe('What was looked at'),
  status: z.enum(['ok', 'warn', 'fail']),
  sentence: z.string().describe('What is so'),
  remedy: z.string().optional().describe('What to do about it'),
});
