import type { Clock } from '@prosora/durable';
import type { MailStore } from '../store/schema.ts';

/** What became of a mail within the time that somebody waits for it. */
export type Outcome = { kind: 'sent' } | { kind: 'refused'; reason: string } | { kind: 'queued' };

/** How the log says it. */
export const OUTCOME_SENTENCES = {
  sent: 'a mail was sent at once',
  refused: 'Resend refused a mail',
  queued: 'a mail is queued',
} as const satisfies Record<Outcome['kind'], string>;

/** Rows are looked at, since another process may be the one that sends. */
const LOOK_EVERY_MS = 25;

/** How long a visitor waits for the answer; then the mail is queued, and the log says so. */
export const AT_ONCE_MS = 5_000;

/** Waits until Resend has answered for a message of one recipient, at most `ms`. */
export async function waitForOutcome(
  { store, clock }: { store: MailStore; clock: Clock },
  messageId: string,
  ms: number,
): Promise<Outcome> {
  const deadline = clock.now() + ms;
  for (;;) {
    const pending = await store.db
      .selectFrom('recipient')
      .select(['position', 'state'])
      .where('message_id', '=', messageId)
      .execute();
    const refused = pending.find(({ state }) => state === 'failed');
    if (refused !== undefined) {
      const event = await store.db
        .selectFrom('event')
        .select('reason')
        .where('message_id', '=', messageId)
        .where('position', '=', refused.position)
        .where('kind', '=', 'failed')
        .executeTakeFirst();
      return { kind: 'refused', reason: event?.reason ?? 'Resend refused the mail.' };
    }
    if (pending.every(({ state }) => state === 'sent')) return { kind: 'sent' };
    if (clock.now() >= deadline) return { kind: 'queued' };
    await clock.sleep(LOOK_EVERY_MS);
  }
}
