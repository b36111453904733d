import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { EventSubject, EventTimes, MailEvent } from './mail-event.ts';
import type { MailTx } from './schema.ts';
import { holdAddress, isSuppressing } from './suppressed-address.ts';

/**
 * Events that say that a mail failed for good; a permanent bounce has both. SQLite has an index of those alone, `event_failed`, and takes it
 * for these very words, without values that are yet to come.
 */
export const isFailure = sql<boolean>`kind in ('failed', 'suppressed')`;

/**
 * Writes events down in the order given; those of a kind that the recipient has already are left out.
 * Returns how many were new.
 *
 * The stamp is the whole second of arrival and never less than the one before: the only rule under
 * which Ghost's polling loses none (it asks for what is later than the last stamp plus one second:
 * core/server/services/email-analytics/email-analytics-service.js).
 */
export async function recordEvents(
  tx: MailTx,
  subject: EventSubject,
  events: readonly MailEvent[],
  { occurredAt, now }: EventTimes,
): Promise<number> {
  const { messageId, position, site, domain } = subject;
  const known = await tx
    .selectFrom('event')
    .select('kind')
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .execute();
  const kinds = new Set(known.map(({ kind }) => kind));
  const fresh = events.filter(({ kind }) => !kinds.has(kind));
  if (fresh.length === 0) return 0;
  const stamp = await nextStamp(tx, subject, now);
  for (const { type, kind, severity, code, reason, enhancedCode, bot } of fresh) {
    await tx
      .insertInto('event')
      .values({
        id: randomBytes(12).toString('base64url'),
        site,
        domain,
        stamp,
        type,
        message_id: messageId,
        position,
        kind,
        severity: severity ?? null,
        code: code ?? null,
        reason: reason ?? null,
        enhanced_code: enhancedCode ?? null,
        bot: bot ?? null,
        occurred_at: occurredAt,
      })
      .execute();
  }
  if (fresh.some(isSuppressing)) await holdAddress(tx, subject, now);
  return fresh.length;
}

async function nextStamp(tx: MailTx, subject: EventSubject, now: number): Promise<number> {
  const last = await tx
    .selectFrom('event')
    .select('stamp')
    .where('site', '=', subject.site)
    .where('domain', '=', subject.domain)
    .orderBy('stamp', 'desc')
    .limit(1)
    .executeTakeFirst();
  return Math.max(last?.stamp ?? 0, Math.floor(now / 1000));
}

/** The failure that Ghost shows for a recipient whom the bridge or Resend's API refused. */
export function refusedRecipient(reason: string): MailEvent {
  return { type: 'failed', kind: 'failed', severity: 'permanent', code: 550, reason };
}
