import { type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { publicId } from './accept.ts';
import { Refusal } from './errors.ts';
import type { MailStore } from './schema.ts';

/** Mailgun's largest page, and what Ghost asks for. */
const MAX_LIMIT = 300;

const seconds = z.coerce.number().nonnegative();

/** Lists of words as Mailgun writes them: `opened OR delivered`, `bulk-email AND site-one`. */
const words = (separator: string) =>
  z.string().transform((text) => text.split(separator).map((word) => word.trim()));

const querySchema = z.object({
  limit: z.coerce.number().int().min(1).default(MAX_LIMIT),
  event: words(' OR ').optional(),
  tags: words(' AND ').optional(),
  begin: seconds.default(0),
  end: seconds.default(Number.MAX_SAFE_INTEGER),
  ascending: z.literal('yes').default('yes'),
});

const tokenSchema = z.object({
  /** The last event of the page before. */
  after: z.int().nonnegative(),
  /** The newest event when paging began: what arrives meanwhile belongs to the next poll. */
  ceiling: z.int().nonnegative(),
});

type Query = z.output<typeof querySchema>;
type Token = z.output<typeof tokenSchema>;

/** A request for events, as it came. */
export interface EventsRequest {
  site: string;
  domain: string;
  /** The parsed query string. */
  query: unknown;
  /** The last segment of a `next` URL. */
  token?: string | undefined;
  /** `http://host/v3/<domain>/events`, for the URLs of the other pages. */
  url: string;
}

/**
 * One page of events, as Ghost's client reads it (core/server/services/lib/mailgun-client.js).
 *
 * Ghost goes on until a page is empty, keeps only the last segment of `next`, repeats the very same
 * query with it, and throws unless every URL in `paging` is absolute.
 *
 * @throws Refusal 400 for a query or token that is not ours
 */
export async function eventsPage(store: MailStore, request: EventsRequest) {
  const query = parse(querySchema, request.query, 'query');
  const token = await readToken(store, request.token);
  const rows = await selectRows(store, request, query, token);
  const link = (position: Token) => `${request.url}/${encodeToken(position)}`;
  const next = { ...token, after: rows.at(-1)?.seq ?? token.after };
  return {
    items: rows.map(toItem),
    paging: {
      previous: link(token),
      first: link({ ...token, after: 0 }),
      last: link({ ...token, after: token.ceiling }),
      next: link(next),
    },
  };
}

async function readToken(store: MailStore, token: string | undefined): Promise<Token> {
  if (token !== undefined) {
    const text = Buffer.from(token, 'base64url').toString();
    return parse(tokenSchema, parseJson(text), 'page');
  }
  const newest = await store.db
    .selectFrom('event')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { after: 0, ceiling: newest?.seq ?? 0 };
}

function encodeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Reads along `event_by_stamp`; within a domain the order of stamps is the order of `seq`. */
async function selectRows(
  store: MailStore,
  { site, domain }: EventsRequest,
  query: Query,
  { after, ceiling }: Token,
) {
  let select = store.db
    .selectFrom('event')
    .innerJoin('message', 'message.id', 'event.message_id')
    .innerJoin('recipient', (join) =>
      join
        .onRef('recipient.message_id', '=', 'event.message_id')
        .onRef('recipient.position', '=', 'event.position'),
    )
    .selectAll('event')
    .select(['message.tags', 'message.email_id', 'recipient.address'])
    .where('event.site', '=', site)
    .where('event.domain', '=', domain)
    .where('event.stamp', '>=', Math.ceil(query.begin))
    .where('event.stamp', '<=', Math.floor(query.end))
    .where('event.seq', '>', after)
    .where('event.seq', '<=', ceiling);
  if (query.event) select = select.where('event.type', 'in', query.event);
  for (const tag of query.tags ?? []) {
    // Tags are kept as JSON, where a tag with its quotes can only be that tag.
    select = select.where(sql<SqlBool>`instr(message.tags, ${JSON.stringify(tag)}) > 0`);
  }
  return await select
    .orderBy('event.stamp')
    .orderBy('event.seq')
    .limit(Math.min(query.limit, MAX_LIMIT))
    .execute();
}

function toItem(row: Awaited<ReturnType<typeof selectRows>>[number]) {
  return {
    id: row.id,
    event: row.type,
    timestamp: row.stamp,
    recipient: row.address,
    tags: JSON.parse(row.tags),
    'user-variables': row.email_id === null ? {} : { 'email-id': row.email_id },
    message: { headers: { 'message-id': publicId(row.message_id, row) } },
    ...(row.severity !== null && {
      severity: row.severity,
      'delivery-status': {
        code: row.code,
        message: row.reason,
        'enhanced-code': row.enhanced_code,
      },
    }),
  };
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, `The ${what} of this request for events is not understood.`, parsed.error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
