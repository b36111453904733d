import { acceptedAtOf } from '../../store/message-id.ts';
import type { MailStore } from '../../store/schema.ts';
import type { Page, PageRequest } from './page.ts';

/** A newsletter without its counts, which take a look at each recipient. */
export interface ListedNewsletter {
  emailId: string;
  site: string;
  /** ISO 8601. */
  acceptedAt: string;
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
  const from = since === undefined ? '' : ghostIdAt(since);
  const before = after ?? (until === undefined ? undefined : ghostIdAt(until));
  const items: ListedNewsletter[] = [];
  for await (const emailId of newsletterIds(store, { site, before, from })) {
    const first = await store.db
      .selectFrom('message')
      .select(['id', 'site'])
      .where('email_id', '=', emailId)
      .orderBy('id')
      .limit(1)
      .executeTakeFirstOrThrow();
    const decided = await store.db
      .selectFrom('newsletter')
      .select('state')
      .where('site', '=', first.site)
      .where('email_id', '=', emailId)
      .executeTakeFirst();
    items.push({
      emailId,
      site: first.site,
      acceptedAt: acceptedAtOf(first.id).toISOString(),
      decision: decided?.state ?? null,
    });
    if (items.length === limit) return { items, next: emailId };
  }
  return { items, next: null };
}

/** One look into an index for each, however many messages it has. */
export async function* newsletterIds(
  { db }: Pick<MailStore, 'db'>,
  {
    site,
    before,
    from = '',
  }: { site?: string | undefined; before?: string | undefined; from?: string },
): AsyncGenerator<string> {
  const newest = db
    .selectFrom('message')
    .select('email_id')
    .where('email_id', '>=', from)
    .$if(site !== undefined, (query) => query.where('site', '=', site ?? ''))
    .orderBy('email_id', 'desc')
    .limit(1);
  for (let key = before; ; ) {
    const bounded = key === undefined ? newest : newest.where('email_id', '<', key);
    const found = (await bounded.executeTakeFirst())?.email_id;
    if (found === undefined || found === null) return;
    yield found;
    key = found;
  }
}

/** What no id that Ghost made at this time or later is below: an ObjectID begins with its second. */
function ghostIdAt(time: string): string {
  const seconds = Math.max(0, Math.floor(Date.parse(time) / 1000));
  return seconds.toString(16).padStart(8, '0');
}
