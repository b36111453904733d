import type { Request } from 'express';
import * as z from 'zod';
import { readParams, whole } from './params.ts';

const pageParams = z.object({
  limit: whole.min(1).max(100).default(10),
  starting_after: z.string().optional(),
  ending_before: z.string().optional(),
});

/** A page of objects, newest first: https://docs.stripe.com/api/pagination */
export function pageOf<T extends { id: string }>(request: Request, objects: readonly T[]): object {
  const { limit, starting_after: after, ending_before: before } = readParams(pageParams, request);
  const indexOf = (id: string) => objects.findIndex((object) => object.id === id);
  // Backwards a page ends right before the object that was named.
  const end = before === undefined ? objects.length : Math.max(0, indexOf(before));
  const wanted = after === undefined ? 0 : indexOf(after) + 1;
  const start = before === undefined ? wanted : Math.max(wanted, end - limit);
  const data = objects.slice(start, Math.min(end, start + limit));
  const has_more = before === undefined ? start + limit < end : start > wanted;
  return { object: 'list', data, has_more, url: request.originalUrl.split('?')[0] };
}
