import type { Request } from 'express';
import type * as z from 'zod';
import { ResendRefusal } from './refusal.ts';

/** The most that one page holds. */
export const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;

/** A list as the API pages it: `limit`, and `after` or `before` an id: https://resend.com/docs/api-reference/pagination */
export function page<T extends { id: string }, R>(
  items: readonly T[],
  { query }: Request,
  describe: (item: T) => R,
) {
  const limit = Math.min(MAX_PAGE, Number(query['limit'] ?? DEFAULT_PAGE));
  const place = (id: unknown) => items.findIndex((item) => item.id === id);
  const isBefore = query['before'] !== undefined;
  const end = isBefore ? place(query['before']) : Number.POSITIVE_INFINITY;
  const start = isBefore ? Math.max(0, end - limit) : place(query['after']) + 1;
  const shown = items.slice(start, Math.min(end, start + limit));
  const has_more = isBefore ? start > 0 : start + limit < items.length;
  return { object: 'list', has_more, data: shown.map(describe) };
}

/** Reads the body of a request. @throws ResendRefusal 422 for one that does not fit */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): z.output<Schema> {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.isBuffer(request.body) ? request.body.toString() : '{}');
  } catch {
    throw new ResendRefusal(422, 'validation_error', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const message = `Invalid \`${issue?.path.join('.')}\` field. ${issue?.message}`;
  throw new ResendRefusal(422, 'validation_error', message);
}
