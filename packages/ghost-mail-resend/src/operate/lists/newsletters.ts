import { acceptedAtOf } from '../../store/message-id.ts';
import type { MailStore } from '../../store/schema.ts';
import type { Page, PageRequest } from './page.ts';
import { subjectIn } from './subject.ts';

/** A newsletter without how far it is. */
export interface ListedNewsletter {
  emailId: string;
  site: string;
  /** ISO 8601. */
  acceptedAt: string;
  /** With `%recipient.x%` still in it; null where its text was forgotten. */
  subject: string | null;
  /** What a person decided. */
  decision: 'paused' | 'canceled' | null;
}

/** Which newsletters. */
export interface NewsletterFilter {
  site?: string | undefined;
  /** Made in Ghost at this time or later, and before that one; ISO 8601. */
  since?: string | undefined;
  until?: string | undefined;
}

/** Newsletters by Ghost's ids, which begin with the second they were made in: the newest first. */
export async function listNewsletters(
  store: MailStore,
  { site, since, until, after, limit }: NewsletterFilter & PageRequest,
): Promise<Page<ListedNewsletter>> {
  const { db } = store;
  const before = after ?? (until === undefined ? undefined : ghostIdAt(until));
  let query = db
    .selectFrom('message')
    .select(({ fn }) => ['email_id', fn.min('id').as('first')])
    .where('email_id', '>=', since === undefined ? '' : ghostIdAt(since))
    .groupBy('email_id')
    .orderBy('email_id', 'desc')
    .limit(limit);
  if (site !== undefined) query = query.where('site', '=', site);
  if (before !== undefined) query = query.where('email_id', '<', before);
  const rows = await query.execute();
  // The empty text is nobody's, but a list without any is no SQL.
  const firsts = await db
    .selectFrom('message')
    .leftJoin('newsletter', (join) =>
      join
        .onRef('newsletter.site', '=', 'message.site')
        .onRef('newsletter.email_id', '=', 'message.email_id'),
    )
    .select(['message.id', 'message.site', 'newsletter.state'])
    .select(subjectIn(store).as('subject'))
    .where('id', 'in', ['', ...rows.map(({ first }) => first)])
    .execute();
  const byId = new Map(firsts.map((first) => [first.id, first]));
  const items = rows.map(({ email_id, first }) => ({
    emailId: email_id ?? '',
    site: byId.get(first)?.site ?? '',
    acceptedAt: acceptedAtOf(first).toISOString(),
    subject: byId.get(first)?.subject || null,
    decision: byId.get(first)?.state ?? null,
  }));
  return { items, next: items.length < limit ? null : (items.at(-1)?.emailId ?? null) };
}

/** What no id that Ghost made at this time or later is below: an ObjectID begins with its second. */
function ghostIdAt(time: string): string {
  const seconds = Math.max(0, Math.floor(Date.parse(time) / 1000));
  return seconds.toString(16).padStart(8, '0');
}
