import type { Request } from 'express';
import * as z from 'zod';
import { StripeRefusal } from './refusal.ts';

/** Form values are text; these read them as what they stand for. */
export const whole = z.coerce.number().int();
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const metadata = z.record(z.string(), z.string());
export const optionalText = z.string().optional();

/** `created[gte]` and its kin, in seconds since 1970. */
export const createdRange = z.object({
  gt: whole.optional(),
  gte: whole.optional(),
  lt: whole.optional(),
  lte: whole.optional(),
});

/** Whether something was made within a range. */
export function isWithin(created: number, range: z.output<typeof createdRange> = {}): boolean {
  const { gt = -1, gte = 0, lt = Number.POSITIVE_INFINITY, lte = Number.POSITIVE_INFINITY } = range;
  return created > gt && created >= gte && created < lt && created <= lte;
}

/**
 * Reads the parameters of a call from its form body or its query, `a[b][0]=c` as Stripe's libraries
 * write them. Parameters that the schema does not name are ignored.
 *
 * @throws StripeRefusal that names the first wrong one
 */
export function readParams<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): z.output<Schema> {
  const given = request.method === 'GET' ? request.query : (request.body ?? {});
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.map((part, at) => (at === 0 ? part : `[${String(part)}]`)).join('');
  throw new StripeRefusal(400, `Invalid ${param}: ${issue?.message}`, {
    code: 'parameter_invalid',
    ...(param && { param }),
  });
}
