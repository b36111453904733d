import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@prosora/durable';
import { recordEvents } from '../store/events.ts';
import type { MailEvent } from '../store/mail-event.ts';
import { parseRecipientTag, type RecipientKey } from '../store/recipient-tag.ts';
import type { MailStore, OpenBot } from '../store/schema.ts';

/** A transparent GIF of one pixel. */
export const PIXEL = Buffer.from(
  'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  'base64',
);

const SIGNATURE_CHARS = 16;

/** Makes the addresses of pixels under a public origin; nobody else can make one that counts. */
export function createPixelUrl(origin: string, secret: string): (recipientTag: string) => string {
  return (tag) => `${origin}/o/${tag}.${sign(tag, secret)}.gif`;
}

/** The recipient whose pixel has this name; undefined for one that this bridge did not make. */
export function readPixelName(name: string, secret: string): RecipientKey | undefined {
  const [tag = '', signature = ''] = name.replace(/\.gif$/, '').split('.');
  const expected = Buffer.from(sign(tag, secret));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return parseRecipientTag(tag);
}

function sign(tag: string, secret: string): string {
  return createHmac('sha256', `pixel ${secret}`)
    .update(tag)
    .digest('base64url')
    .slice(0, SIGNATURE_CHARS);
}

/** An open by a program is an event of its own: one by the reader may follow, and is the one that counts. */
export const OPENED_BY_BOT = 'opened-by-bot';

/**
 * Records that a mail was opened, once by its reader and before that once by a program. Returns whether that
 * was new.
 */
export async function recordOpen(
  { store, clock }: { store: MailStore; clock: Clock },
  { messageId, position }: RecipientKey,
  bot?: OpenBot,
): Promise<boolean> {
  const kind = bot === undefined ? 'opened' : OPENED_BY_BOT;
  const known = await store.db
    .selectFrom('event')
    .select('seq')
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .where('kind', 'in', ['opened', kind])
    .executeTakeFirst();
  if (known !== undefined) return false;
  const message = await store.db
    .selectFrom('message')
    .select(['site', 'domain', 'track_opens'])
    .where('id', '=', messageId)
    .executeTakeFirst();
  if (message?.track_opens !== 1) return false;
  const now = clock.now();
  const subject = { messageId, position, site: message.site, domain: message.domain };
  const opened: MailEvent[] = [{ type: 'opened', kind, ...(bot && { bot }) }];
  return (
    (await store.transaction((tx) => recordEvents(tx, subject, opened, { occurredAt: now, now }))) >
    0
  );
}
