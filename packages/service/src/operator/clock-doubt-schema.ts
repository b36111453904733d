import * as z from 'zod';

/** A `ClockDoubt`, as the operator API answers it. */
export const clockDoubtSchema = z.object({
  since: z.number().describe('Milliseconds since 1970 when the clock jumped'),
  stepMs: z.number().describe('By how much it is ahead; below 0 it is behind'),
  isAbsenceUnknown: z.boolean().describe('Whether it jumped while nobody looked'),
});
