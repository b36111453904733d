import { type SqlBool, sql } from 'kysely';
import * as z from 'zod';
import { Refusal } from '../errors.ts';
import { publicId } from '../store/public-id.ts';
import type { MailStore } from '../store/schema.ts';

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
  /** Stamp and number of the last event of the page before; with two processes, numbers alone do not order stamps. */
  stamp: z.int().nonnegative(),
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
  /** Told how many stored events were left out of a page. */
  onMalformed?: ((events: number) => void) | undefined;
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
  const { items, next } = await readItems(store, request, query, token);
  const link = (position: Token) => `${request.url}/${encodeToken(position)}`;
  return {
    items,
    paging: {
      previous: link(token),
      first: link({ ...token, stamp: 0, after: 0 }),
      last: link({ ...token, stamp: Number.MAX_SAFE_INTEGER, after: token.ceiling }),
      next: link(next),
    },
  };
}

/**
 * Reads on past rows that Ghost could not bear: one of them stops its polling for good, and a page that
 * they leave empty ends it early.
 */
async function readItems(
  store: MailStore,
  request: EventsRequest,
  query: Query,
  token: Token,
): Promise<{ items: Item[]; next: Token }> {
  const rows = await selectRows(store, request, query, token);
  const last = rows.at(-1);
  if (last === undefined) return { items: [], next: token };
  const next = { ...token, stamp: last.stamp, after: last.seq };
  const items = rows.flatMap((row) => toItem(row) ?? []);
  if (items.length < rows.length) request.onMalformed?.(rows.length - items.length);
  return items.length === 0 ? readItems(store, request, query, next) : { items, next };
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
  return { stamp: 0, after: 0, ceiling: newest?.seq ?? 0 };
}

function encodeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Reads along `event_by_stamp`. */
async function selectRows(
  store: MailStore,
  { site, domain }: EventsRequest,
  query: Query,
  { stamp, after, ceiling }: Token,
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
    .where('event.stamp', '>=', Math.max(stamp, Math.ceil(query.begin)))
    .where('event.stamp', '<=', Math.floor(query.end))
    .where(({ eb, or }) => or([eb('event.stamp', '>', stamp), eb('event.seq', '>', after)]))
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

/** What Ghost reads of an event, in the only shapes that it survives (mailgun-client.js, normalizeEvent). */
const itemSchema = z.object({
  id: z.string().min(1).max(255),
  event: z.enum(['delivered', 'opened', 'failed', 'complained', 'unsubscribed']),
  timestamp: z.int().positive(),
  recipient: z.string().min(1),
  tags: z.array(z.string()),
  'user-variables': z.object({ 'email-id': z.string().optional() }),
  message: z.object({ headers: z.object({ 'message-id': z.string().min(1) }) }),
  'client-info': z.object({ bot: z.string() }).optional(),
  severity: z.enum(['permanent', 'temporary']).optional(),
  'delivery-status': z
    .object({
      code: z.int(),
      message: z.string().min(1),
      'enhanced-code': z.string().max(50).nullable(),
    })
    .optional(),
});

type Item = z.output<typeof itemSchema>;

function toItem(row: Awaited<ReturnType<typeof selectRows>>[number]): Item | undefined {
  const item = itemSchema.safeParse({
    id: row.id,
    event: row.type,
    timestamp: row.stamp,
    recipient: row.address,
    tags: parseJson(row.tags),
    'user-variables': row.email_id === null ? {} : { 'email-id': row.email_id },
    message: { headers: { 'message-id': publicId(row.message_id, row) } },
    // As Ghost is to read it, to leave such opens out: https://github.com/TryGhost/Ghost/pull/30625
    ...(row.bot !== null && { 'client-info': { bot: row.bot } }),
    ...(row.type === 'failed' && {
      severity: row.severity,
      'delivery-status': {
        code: row.code,
        message: row.reason,
        'enhanced-code': row.enhanced_code,
      },
    }),
  });
  return item.data;
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
