import * as z from 'zod';

/** What every list takes: how many, and after which one. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('How many at most'),
  after: z.string().optional().describe('`next` of the page before'),
};

/** What every list answers: one page, and the key of the next; null after the last. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
