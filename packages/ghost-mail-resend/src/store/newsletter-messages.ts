import { setImmediate } from 'node:timers/promises';
import type { MailStore } from './schema.ts';

/** Ghost puts up to a thousand recipients into a message. */
const MESSAGES_A_TIME = 10;

/**
 * The ids of a newsletter's messages, some at a time and from one on. Between two looks the process does what else
 * there is to do, so that reading a million recipients keeps nobody waiting.
 */
export async function* messagesOf(
  { db }: Pick<MailStore, 'db'>,
  emailId: string,
  from = '',
): AsyncGenerator<string[]> {
  const ids = db
    .selectFrom('message')
    .select('id')
    .where('email_id', '=', emailId)
    .orderBy('id')
    .limit(MESSAGES_A_TIME);
  let page = await ids.where('id', '>=', from).execute();
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield page.map(({ id }) => id);
    await setImmediate();
    page = await ids.where('id', '>', last.id).execute();
  }
}
