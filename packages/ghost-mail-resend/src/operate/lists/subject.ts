import { hasManyWriters } from '@prosora/durable';
import { type RawBuilder, sql } from 'kysely';
import type { MailStore } from '../../store/schema.ts';

/**
 * The subject of a row of `message`, as Ghost gave it, with `%recipient.x%` still in it; empty where the text was
 * forgotten. It is cut out in the database, since what is around it is the whole text of a newsletter.
 */
export function subjectIn({ db }: Pick<MailStore, 'db'>): RawBuilder<string> {
  const cut = sql<string>`json_extract(message.template, '$.subject')`;
  return hasManyWriters(db) ? sql`json_unquote(${cut})` : cut;
}

/** The subject of a newsletter; null where its text was forgotten. */
export async function readSubject(store: MailStore, emailId: string): Promise<string | null> {
  const first = await store.db
    .selectFrom('message')
    .select(subjectIn(store).as('subject'))
    .where('email_id', '=', emailId)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return first?.subject || null;
}
