import type { Selectable } from 'kysely';
import type { Lane } from '../../store/message.ts';
import { acceptedAtOf, messageIdAt } from '../../store/message-id.ts';
import { parseRecipientTag, type RecipientKey, recipientTag } from '../../store/recipient-tag.ts';
import type { MailStore, MailTables, RecipientState } from '../../store/schema.ts';
import { readHeard } from './heard.ts';
import { LOOKED_AT, type Page, type PageRequest } from './page.ts';

/** One mail to one recipient, without its text: that of a sign-in mail has a link in it. */
export interface ListedMail {
  id: string;
  site: string;
  lane: Lane;
  /** Of the newsletter; single mails have none. */
  emailId: string | null;
  address: string;
  state: RecipientState;
  /** ISO 8601. */
  acceptedAt: string;
  sentAt: string | null;
  resendId: string | null;
  /** Mailgun's words, oldest first. */
  events: string[];
}

/** Which single mails. */
export interface SingleFilter {
  lane: Exclude<Lane, 'newsletter'>;
  site?: string | undefined;
  state?: RecipientState | undefined;
  /** Accepted at this time or later, and before that one; ISO 8601. */
  since?: string | undefined;
  until?: string | undefined;
}

/** Newsletters that are looked into at a time. */
const NEWSLETTERS_A_TIME = 200;

/** Behind all recipients of a message. */
const LAST_POSITION = 9_999_999;

/** Mails that are no newsletters, the newest first. */
export async function listSingles(
  store: MailStore,
  { lane, site, state, since, until, after, limit }: SingleFilter & PageRequest,
): Promise<Page<ListedMail>> {
  const start = after === undefined ? undefined : parseRecipientTag(after);
  const lookedAt = site === undefined && state === undefined ? limit + 1 : LOOKED_AT;
  let query = store.db
    .selectFrom('message')
    .select(['id', 'site'])
    .where('lane', '=', lane)
    .orderBy('id', 'desc')
    .limit(lookedAt);
  if (since !== undefined) query = query.where('id', '>=', messageIdAt(Date.parse(since)));
  if (start !== undefined) query = query.where('id', '<=', start.messageId);
  else if (until !== undefined) query = query.where('id', '<', messageIdAt(Date.parse(until)));
  const messages = await query.execute();
  const last = messages.at(-1);
  if (last === undefined) return { items: [], next: null };
  const ofSite = messages.filter((message) => site === undefined || message.site === site);
  const ids = ofSite.map(({ id }) => id);
  // The empty text is no message's, but a list without any is no SQL.
  const recipients = store.db.selectFrom('recipient').select(MAIL_COLUMNS);
  const rows = await recipients.where('message_id', 'in', ['', ...ids]).execute();
  const found: (MailRow & { lane: Lane })[] = [];
  for (const row of rows.toSorted(byAge)) {
    if (row.message_id === start?.messageId && row.position <= start.position) continue;
    if (state !== undefined && row.state !== state) continue;
    found.push({ ...row, lane });
    if (found.length === limit) return { items: await toMails(store, found), next: tagOf(row) };
  }
  const next = recipientTag({ messageId: last.id, position: LAST_POSITION });
  return {
    items: await toMails(store, found),
    next: messages.length < lookedAt ? null : next,
  };
}

/** All mails to one address that the store holds, in the letters in which Ghost gave it or in small ones; the newest first. */
export async function listMailsTo(
  store: MailStore,
  { address, after, limit }: { address: string } & PageRequest,
): Promise<Page<ListedMail>> {
  const start = after === undefined ? undefined : parseRecipientTag(after);
  const sites = await listSites(store);
  if (sites.length === 0) return { items: [], next: null };
  const toAddress = store.db
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select(MAIL_COLUMNS)
    .select('message.lane')
    .where('recipient.site', 'in', sites)
    .where('recipient.address', 'in', [...new Set([address, address.toLowerCase()])]);
  const rows = await toAddress.where('recipient.email_id', 'is', null).execute();
  const newsletters = await store.db
    .selectFrom('message')
    .select('email_id')
    .distinct()
    .where('email_id', '>=', '')
    .execute();
  const emailIds = newsletters.map(({ email_id }) => email_id);
  for (let at = 0; at < emailIds.length; at += NEWSLETTERS_A_TIME) {
    const some = emailIds.slice(at, at + NEWSLETTERS_A_TIME);
    rows.push(...(await toAddress.where('recipient.email_id', 'in', some).execute()));
  }
  const left = rows
    .toSorted(byAge)
    .filter((row) => start === undefined || byAge(row, fromKey(start)) > 0);
  const items = await toMails(store, left.slice(0, limit));
  return { items, next: left.length > limit ? (items.at(-1)?.id ?? null) : null };
}

const MAIL_COLUMNS = [
  'recipient.message_id',
  'recipient.position',
  'recipient.site',
  'recipient.email_id',
  'recipient.address',
  'recipient.state',
  'recipient.sent_at',
  'recipient.resend_id',
] as const;

type MailRow = Pick<
  Selectable<MailTables['recipient']>,
  'message_id' | 'position' | 'site' | 'email_id' | 'address' | 'state' | 'sent_at' | 'resend_id'
>;

type MailKey = Pick<MailRow, 'message_id' | 'position'>;

const tagOf = ({ message_id: messageId, position }: MailKey) =>
  recipientTag({ messageId, position });
const fromKey = ({ messageId, position }: RecipientKey): MailKey => ({
  message_id: messageId,
  position,
});

/** The newest message first, its recipients in their order. */
function byAge(a: MailKey, b: MailKey): number {
  if (a.message_id === b.message_id) return a.position - b.position;
  return a.message_id < b.message_id ? 1 : -1;
}

async function toMails(
  store: MailStore,
  rows: readonly (MailRow & { lane: Lane })[],
): Promise<ListedMail[]> {
  const keys = rows.map(({ message_id: messageId, position }) => ({ messageId, position }));
  const heard = await readHeard(store, keys);
  return rows.map((row) => toMail(row, heard.get(tagOf(row)) ?? []));
}

function toMail(row: MailRow & { lane: Lane }, events: string[]): ListedMail {
  return {
    id: tagOf(row),
    site: row.site,
    lane: row.lane,
    emailId: row.email_id,
    address: row.address,
    state: row.state,
    acceptedAt: acceptedAtOf(row.message_id).toISOString(),
    sentAt: row.sent_at === null ? null : new Date(row.sent_at).toISOString(),
    resendId: row.resend_id,
    events,
  };
}

/** The sites that sent anything, each by one look into an index. */
async function listSites({ db }: MailStore): Promise<string[]> {
  const sites: string[] = [];
  for (;;) {
    const next = await db
      .selectFrom('message')
      .select('site')
      .where('site', '>', sites.at(-1) ?? '')
      .orderBy('site')
      .limit(1)
      .executeTakeFirst();
    if (next === undefined) return sites;
    sites.push(next.site);
  }
}
